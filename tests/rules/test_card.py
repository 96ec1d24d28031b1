"""The card: front matter that loads, numbers that add up, and no number that describes a person."""

from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from backend.releases.card import FEWEST_SPEAKERS, build_card, front_matter, shown_groups
from backend.releases.plan import plan_shards
from backend.releases.recipe import SHARES
from backend.releases.rows import COLUMNS, Row
from tests.release_rows import many_rows, row

RECIPE = {"filters": {}, "splits": SHARES, "formats": ["parquet"], "license": "cc-by-4.0"}


def card_of(rows: list[Row], name: str = "Spring", **recipe: Any) -> str:
    return build_card(
        name=name,
        campaign="spring",
        version="1.0.0",
        recipe=RECIPE | recipe,
        plan=plan_shards(rows, salt=b"campaign"),
    )


def matter_of(card: str) -> dict[str, Any]:
    """Return the front matter as the Hub reads it: between the first two lines of ---."""
    assert card.startswith("---\n")
    matter: dict[str, Any] = yaml.safe_load(card[4:].split("\n---\n", 1)[0])
    return matter


def test_the_front_matter_names_licence_language_files_and_features() -> None:
    matter = matter_of(card_of([row(1), row(2, split="test", language="sw-KE")]))
    assert matter["license"] == "cc-by-4.0"
    assert matter["language"] == ["en", "sw"]
    assert matter["size_categories"] == ["n<1K"]
    assert matter["configs"][0]["data_files"] == [
        {"split": "train", "path": "data/train-*.parquet"},
        {"split": "test", "path": "data/test-*.parquet"},
    ]
    features = matter["dataset_info"]["features"]
    assert features[0] == {"name": "audio", "dtype": {"audio": {"sampling_rate": 16000}}}
    assert [one["name"] for one in features[1:]] == [column.name for column in COLUMNS]
    assert [one["num_examples"] for one in matter["dataset_info"]["splits"]] == [1, 1]


@given(st.text(max_size=60))
def test_no_campaigns_name_breaks_the_front_matter(name: str) -> None:
    card = card_of([row(1)], name=name)
    assert matter_of(card)["pretty_name"] == f"{' '.join(name.split())} 1.0.0"


@given(many_rows().filter(bool))
def test_splits_add_up_to_the_whole(rows: list[Row]) -> None:
    plan = plan_shards(rows, salt=b"campaign")
    matter = front_matter(name="Spring", version="1.0.0", licence="other", plan=plan)
    splits = matter["dataset_info"]["splits"]
    assert sum(one["num_examples"] for one in splits) == len(rows)
    assert all(one["num_examples"] for one in splits)
    assert f"{len(rows)} clips" in card_of(rows)


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 30)), max_size=80))
def test_no_group_below_five_speakers_is_shown_or_can_be_had_by_subtraction(
    given_rows: list[tuple[str, int]],
) -> None:
    rows = [
        row(number, gender=gender, speaker_id=f"{gender}-{speaker}")
        for number, (gender, speaker) in enumerate(given_rows)
    ]
    shown, withheld = shown_groups(rows)
    assert all(group.speakers >= FEWEST_SPEAKERS for group in shown.values())
    assert len(shown) + withheld == len({one.gender for one in rows})
    # One group alone held back is the total less the others; unless nothing else is shown.
    assert withheld != 1 or not shown


def test_a_small_group_is_named_nowhere_in_the_tables() -> None:
    rows = [row(number, gender="female") for number in range(6)]
    rows += [row(10 + number, gender="non-binary") for number in range(2)]
    card = card_of(rows)
    assert "non-binary" not in card
    assert "2 groups of gender and age band are not shown" in card


def test_a_group_of_five_speakers_is_shown_with_its_hours() -> None:
    rows = [row(number, audio_samples=16_000 * 720) for number in range(5)]
    assert "| female | 30-39 | 5 | 5 | 1.00 |" in card_of(rows)


def test_texts_of_speakers_cannot_break_a_table_or_start_html() -> None:
    rows = [row(number, gender="a|b\n<script>") for number in range(5)]
    card = card_of(rows)
    assert "<script>" not in card
    assert "| a\\|b &lt;script> | 30-39 |" in card


def test_the_card_says_what_a_user_must_know() -> None:
    rows = [row(1, text=None, received_on="2026-03-01"), row(2, split="test", quality_profile=3)]
    card = card_of(rows)
    for said in (
        "Received from 2026-03-01 to 2026-05-04",
        "judged by: 1, 3.",
        "(`text` is null): 1.",
        "collect,publish (2 clips)",
        "Audio(decode=False)",
        "/v1/campaigns/spring/withdrawals.jsonl",
        "below 5): test.",
        "No speaker is in two splits",
    ):
        assert said in card


def test_the_card_of_the_same_rows_is_the_same() -> None:
    rows = [row(number) for number in range(4)]
    assert card_of(rows) == card_of(rows[::-1])
