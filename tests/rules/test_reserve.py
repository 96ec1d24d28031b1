"""Texts are kept for the test speakers by a hash that every release can use."""

from uuid import UUID

from backend.coverage.reserve import TEST_SHARE, is_reserved, is_test_speaker, plain_text
from backend.releases.split import TEST, assign_splits

SALT = UUID("01890a5d-ac96-774b-bcce-b302099a8057").bytes


def test_a_tenth_of_the_texts_is_reserved_and_another_campaign_reserves_others() -> None:
    texts = [f"The number of this sentence is {n}." for n in range(5000)]
    reserved = {text for text in texts if is_reserved(SALT, text)}
    assert 0.08 < len(reserved) / len(texts) < 0.12
    other = {text for text in texts if is_reserved(b"another", text)}
    assert len(reserved & other) < 0.3 * len(reserved)


def test_a_text_falls_to_the_same_side_however_it_is_written() -> None:
    for n in range(200):
        text = f"It has not rained since March {n}."
        assert is_reserved(SALT, text) == is_reserved(
            SALT, f"  it has NOT rained, since march {n} "
        )
    assert plain_text("Ñandú — ¿quién?") == "ñandú quién"
    assert plain_text("लड़का।") == plain_text("लड़का")


def test_who_reads_the_reserve_is_who_a_release_puts_into_its_test_split() -> None:
    speakers = {f"speaker-{n}" for n in range(400)}
    splits = assign_splits(
        speakers=speakers,
        known={},
        shares={"train": 80, "validation": 10, "test": round(100 * TEST_SHARE)},
        salt=SALT,
    )
    assert {one for one in speakers if is_test_speaker(SALT, one)} == {
        one for one, split in splits.items() if split == TEST
    }
