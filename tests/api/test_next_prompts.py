"""The next prompts: the hot word first, then what is wanted most; none twice for a speaker."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.campaigns.models import Campaign, Prompt
from backend.clips.models import Clip
from backend.coverage.models import PromptStanding, Shortlist, ShortlistItem
from backend.coverage.reserve import is_reserved, is_test_speaker
from backend.jobs.models import Job
from tests.cast import Phone
from tests.factories import Sitting, sent, sit_down
from tests.prompt_lists import add_prompts, asked, fill, numbered, record, texts, wear


def sit_where(phone: Phone, *, tests: bool) -> Sitting:
    """Return a speaker who is, or is not, one of the test split's."""
    salt = phone.campaign.pk.bytes
    while True:
        sitting = sit_down(phone)
        if is_test_speaker(salt, str(sitting.speaker)) == tests:
            return sitting


def test_before_the_lists_are_filled_prompts_come_in_the_files_order(sitting: Sitting) -> None:
    assert len(asked(sitting)) == 5
    assert Job.objects.filter(kind="fill_shortlists").exists()


def test_the_hot_word_and_what_is_confused_with_it_come_first(sitting: Sitting) -> None:
    campaign = sitting.phone.campaign
    add_prompts(
        campaign, "Hay field boys,confusables", "Hey field mice,confusables", columns="text,block"
    )
    result = fill(campaign)
    assert result["methods"] == {"cmudict": 6}
    assert result["prompts"] == 7
    first = texts(asked(sitting))
    assert first[:3] == ["Hey Fieldvoice", "Hay field boys", "Hey field mice"]
    assert len(set(first)) == 7


def test_no_prompt_is_asked_twice_and_a_rejected_take_is(sitting: Sitting) -> None:
    fill(sitting.phone.campaign)
    before = asked(sitting)
    clip = record(sitting, before[0])
    assert texts(asked(sitting)) == texts(before[1:])
    Clip.objects.filter(pk=clip.pk).update(state="rejected")
    assert before[0]["text"] in texts(asked(sitting))


def test_a_skipped_prompt_does_not_come_back(sitting: Sitting) -> None:
    fill(sitting.phone.campaign)
    first = asked(sitting)[0]
    body = {"kind": "skip", "reason": "", "session": str(sitting.session)}
    sent(sitting.phone.post(f"/v1/prompts/{first['id']}/reports", body))
    assert first["id"] not in [prompt["id"] for prompt in asked(sitting)]


def test_asked_again_a_speaker_gets_the_same(sitting: Sitting) -> None:
    campaign = sitting.phone.campaign
    add_prompts(campaign, *numbered(60))
    fill(campaign)
    first = asked(sitting, 20)
    given = sum(ShortlistItem.objects.values_list("given", flat=True))
    assert asked(sitting, 20) == first
    assert sum(ShortlistItem.objects.values_list("given", flat=True)) == given
    more = asked(sitting, 30)
    assert more[:20] == first
    assert len({prompt["id"] for prompt in more}) == 30


def test_another_speaker_of_the_cell_is_given_what_was_not_given_yet(sitting: Sitting) -> None:
    campaign = sitting.phone.campaign
    add_prompts(campaign, *numbered(60))
    fill(campaign)
    other = sit_down(sitting.phone)
    mine, theirs = set(texts(asked(sitting, 25))), set(texts(asked(other, 25)))
    # The hot word is everybody's.
    assert mine & theirs == {"Hey Fieldvoice"}


def test_a_cell_gets_a_list_of_its_own_when_somebody_of_it_asks(sitting: Sitting) -> None:
    campaign = sitting.phone.campaign
    add_prompts(campaign, *numbered(60))
    fill(campaign)
    assert set(Shortlist.objects.values_list("stratum", flat=True)) == {""}
    done = asked(sitting, 5)
    key = "gender=female|age_band=30-39"
    assert Shortlist.objects.get(stratum=key).filled_at is None
    assert Job.objects.filter(kind="fill_shortlists").count() > 2
    for prompt in done:
        record(sitting, prompt)
    fill(campaign)
    # Free speech stands at even distances.
    mine = ShortlistItem.objects.filter(shortlist__stratum=key).exclude(standing__sounds="")
    # What the cell has read stands at its end, and nowhere among the first.
    ranked = [str(item.standing_id) for item in mine.order_by("rank")]
    read = {prompt["id"] for prompt in done} & set(ranked)
    assert len(read) == 4
    assert set(ranked[-4:]) == read


def test_who_said_nothing_of_themselves_is_asked_from_everybodys_list(phone: Phone) -> None:
    fill(phone.campaign)
    sitting = sit_down(phone, gender="declined")
    assert len(asked(sitting)) == 5
    assert Shortlist.objects.count() == 1


def test_a_prompt_is_asked_for_no_oftener_than_its_cap(phone: Phone) -> None:
    campaign = phone.campaign
    Prompt.objects.all().delete()
    add_prompts(campaign, "Only twice,2", "Only once,1", columns="text,cap")
    fill(campaign)
    sittings = [sit_down(phone) for _ in range(4)]
    got = [texts(asked(one)) for one in sittings]
    assert sum("Only twice" in one for one in got) == 2
    assert sum("Only once" in one for one in got) == 1
    # What was handed out counts when the lists are filled anew, once it is recorded too.
    for sitting in sittings:
        for prompt in asked(sitting):
            record(sitting, prompt)
    wear(campaign)
    fill(campaign)
    assert asked(sit_down(phone)) == []
    standing = PromptStanding.objects.get(prompt__text="Only twice")
    assert (standing.recorded, standing.given) == (2, 0)
    assert phone.get("/v1/campaigns/spring/pack").json()["prompts"] == []


def test_a_rejected_take_of_a_capped_prompt_may_be_read_by_another(sitting: Sitting) -> None:
    campaign = sitting.phone.campaign
    Prompt.objects.all().delete()
    add_prompts(campaign, "Only once,1", columns="text,cap")
    fill(campaign)
    clip = record(sitting, asked(sitting)[0])
    Clip.objects.filter(pk=clip.pk).update(state="withdrawn")
    wear(campaign)
    fill(campaign)
    # It is still theirs, who were handed it.
    assert texts(asked(sit_down(sitting.phone))) == []
    assert texts(asked(sitting)) == ["Only once"]


def test_a_prompt_that_was_taken_out_is_not_asked(sitting: Sitting) -> None:
    fill(sitting.phone.campaign)
    gone = asked(sitting)[2]
    Prompt.objects.filter(pk=gone["id"]).update(active=False)
    assert gone["text"] not in texts(asked(sitting))
    assert gone["text"] not in texts(
        sitting.phone.get("/v1/campaigns/spring/pack").json()["prompts"]
    )


def test_reserved_texts_are_read_by_the_test_splits_speakers_alone(phone: Phone) -> None:
    campaign = phone.campaign
    add_prompts(campaign, *numbered(700))
    fill(campaign)
    salt = campaign.pk.bytes
    tests, others = sit_where(phone, tests=True), sit_where(phone, tests=False)
    theirs = [text for text in texts(asked(tests, 50)) if text != "Hey Fieldvoice"]
    assert theirs
    assert all(is_reserved(salt, text) for text in theirs)
    mine = [text for text in texts(asked(others, 100)) if text != "Hey Fieldvoice"]
    assert len(mine) == 99
    assert not any(is_reserved(salt, text) for text in mine)


def test_the_pack_is_everybodys_list_without_the_reserve(phone: Phone) -> None:
    campaign = phone.campaign
    add_prompts(campaign, *numbered(700))
    add_prompts(campaign, "Hay field boys,confusables", columns="text,block")
    fill(campaign)
    pack = phone.get("/v1/campaigns/spring/pack").json()["prompts"]
    assert len(pack) == 500
    assert texts(pack)[:2] == ["Hey Fieldvoice", "Hay field boys"]
    assert not any(is_reserved(campaign.pk.bytes, text) for text in texts(pack)[2:])
    listed = ShortlistItem.objects.filter(reserved=False).order_by("phase", "rank")
    assert [prompt["id"] for prompt in pack] == [
        str(pk) for pk in listed.values_list("standing_id", flat=True)[:500]
    ]


def test_the_pack_before_the_lists_are_filled_is_the_files_order(phone: Phone) -> None:
    pack = phone.get("/v1/campaigns/spring/pack").json()["prompts"]
    assert texts(pack)[0] == "The bus to the market leaves at half past seven."


def test_a_speaker_who_has_read_the_list_goes_on_with_the_rest(sitting: Sitting) -> None:
    campaign = sitting.phone.campaign
    add_prompts(campaign, *numbered(700))
    fill(campaign)
    ShortlistItem.objects.exclude(rank__lt=3).delete()
    asked_for = asked(sitting, 100)
    assert len({prompt["id"] for prompt in asked_for}) == 100
    if not is_test_speaker(campaign.pk.bytes, str(sitting.speaker)):
        assert not any(
            is_reserved(campaign.pk.bytes, prompt["text"])
            for prompt in asked_for
            if prompt["kind"] != "hotword"
        )


def test_the_answer_costs_as_many_queries_with_a_thousand_prompts_as_with_ten(
    campaign: Campaign, phone: Phone
) -> None:
    fill(campaign)
    few = _queries(sit_down(phone))
    add_prompts(campaign, *numbered(1000))
    fill(campaign)
    assert _queries(sit_down(phone)) <= few


def _queries(sitting: Sitting) -> int:
    # The first of a cell makes its list; the next finds it.
    asked(sitting, 3)
    with CaptureQueriesContext(connection) as queries:
        assert len(asked(sitting, 5)) == 5
    return len(queries)
