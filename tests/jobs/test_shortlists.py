"""The job that fills the shortlists: idempotent, and safe beside people who ask meanwhile."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, connections
from django.utils import timezone

from backend.campaigns.models import Campaign, Prompt
from backend.coverage.models import PromptStanding, Shortlist, ShortlistItem, SpeakerPrompts
from backend.coverage.next_prompts import hand_out_prompts
from backend.coverage.shortlists import OLD_AFTER, campaigns_to_fill
from backend.jobs.models import Job
from backend.speakers.models import Speaker
from tests.cast import Person, Phone, make_campaign
from tests.factories import Sitting, sent, sit_down
from tests.prompt_lists import add_prompts, asked, fill, numbered, record, texts, wear
from workers import schedule

WOMEN = "gender=female|age_band=30-39"


def test_sounds_are_noted_once_and_anew_when_the_way_changes(campaign: Campaign) -> None:
    assert fill(campaign)["lists"] == 1
    standing = PromptStanding.objects.get(prompt__text="Hey Fieldvoice")
    assert (standing.method, standing.words, standing.unknown_words) == ("cmudict", 2, 1)
    assert PromptStanding.objects.get(prompt__kind="question").sounds == ""
    PromptStanding.objects.update(sounds="_ x _", recorded=3)
    assert fill(campaign)["lists"] == 0
    assert set(PromptStanding.objects.values_list("sounds", flat=True)) == {"_ x _"}
    PromptStanding.objects.filter(pk=standing.pk).update(method="letters")
    fill(campaign)
    standing.refresh_from_db()
    assert standing.sounds.startswith("_ HH EY ~f")
    assert standing.recorded == 3


def test_a_campaign_in_another_language_says_how_its_sounds_were_found(db: None) -> None:
    swahili = make_campaign("kusi", language="sw")
    arabic = make_campaign("wadi", language="ar")
    assert fill(swahili)["methods"] == {"epitran:swa-Latn": 4}
    assert fill(arabic)["methods"] == {"letters": 4}
    everybody = Shortlist.objects.get(campaign=arabic)
    assert everybody.methods == {"letters": 4}
    assert everybody.units > 0


def test_a_list_says_how_much_of_the_units_its_stratum_has_recorded(sitting: Sitting) -> None:
    campaign = sitting.phone.campaign
    asked(sitting)
    fill(campaign)
    assert Shortlist.objects.get(stratum=WOMEN).covered == 0
    for prompt in asked(sitting):
        record(sitting, prompt)
    wear(campaign)
    fill(campaign)
    assert Shortlist.objects.get(stratum=WOMEN).covered == 1


def test_the_coverage_call_says_how_sounds_were_found_and_how_many_are_there(
    sitting: Sitting, manager: Person
) -> None:
    def told() -> Any:
        return sent(manager.get("/v1/campaigns/spring/coverage"), 200)["sounds"]

    assert told() is None
    campaign = sitting.phone.campaign
    fill(campaign)
    before = told()
    assert before.pop("units") > 50
    assert before == {"prompts": 5, "covered": 0.0, "methods": {"cmudict": 4}}
    record(sitting, asked(sitting)[0])
    wear(campaign)
    fill(campaign)
    assert 0 < told()["covered"] < 1


def test_a_worn_list_is_filled_anew_by_one_job(sitting: Sitting) -> None:
    campaign = sitting.phone.campaign
    asked(sitting, 1)
    fill(campaign)
    fresh = campaigns_to_fill(now=timezone.now())
    assert fresh == set()
    before = Job.objects.filter(kind="fill_shortlists").count()
    ShortlistItem.objects.update(places=1, given=1)
    for _ in range(3):
        asked(sit_down(sitting.phone), 3)
    assert Shortlist.objects.get(stratum=WOMEN).worn_at is not None
    waiting = Job.objects.filter(kind="fill_shortlists", state="queued")
    assert waiting.count() == before
    # A list that was filled a moment ago is let alone for a while.
    assert waiting.latest("created_at").run_after > timezone.now()
    fill(campaign)
    listed = ShortlistItem.objects.filter(shortlist__stratum=WOMEN)
    assert set(listed.values_list("given", flat=True)) == {0}


def test_what_was_handed_out_counts_as_read_for_two_days(sitting: Sitting) -> None:
    campaign = sitting.phone.campaign
    add_prompts(campaign, *numbered(30))
    Prompt.objects.filter(kind__in=["question", "hotword"]).delete()
    asked(sitting, 1)
    fill(campaign)
    mine = texts(asked(sitting, 10))
    wear(campaign)
    fill(campaign)

    def last() -> set[str]:
        listed = ShortlistItem.objects.filter(shortlist__stratum=WOMEN).order_by("-rank")
        return set(listed.values_list("standing__prompt__text", flat=True)[: len(mine)])

    assert last() == set(mine)
    SpeakerPrompts.objects.update(handed_at=timezone.now() - timedelta(days=3))
    wear(campaign)
    fill(campaign)
    assert last() != set(mine)


def test_lists_that_nobody_uses_go_and_everybodys_stays(sitting: Sitting) -> None:
    campaign = sitting.phone.campaign
    asked(sitting, 1)
    fill(campaign)
    assert Shortlist.objects.count() == 2
    Shortlist.objects.update(filled_at=timezone.now() - timedelta(days=15))
    ShortlistItem.objects.update(given=0)
    fill(campaign)
    assert list(Shortlist.objects.values_list("stratum", flat=True)) == [""]


def test_beat_finds_campaigns_without_lists_and_with_old_ones(campaign: Campaign) -> None:
    Job.objects.all().delete()
    schedule.fill_shortlists()
    schedule.fill_shortlists()
    assert Job.objects.filter(kind="fill_shortlists", subject=str(campaign.pk)).count() == 1
    fill(campaign)
    later = timezone.now() + OLD_AFTER + timedelta(minutes=1)
    assert campaigns_to_fill(now=later) == set()
    ShortlistItem.objects.filter(rank=0).update(given=1)
    assert campaigns_to_fill(now=later) == {campaign.pk}


def test_new_prompts_come_into_every_list(sitting: Sitting) -> None:
    campaign = sitting.phone.campaign
    asked(sitting, 1)
    fill(campaign)
    add_prompts(campaign, "A quick walk by the river always helps.")
    assert fill(campaign)["lists"] == 2
    listed = ShortlistItem.objects.filter(standing__prompt__text__startswith="A quick walk")
    assert listed.count() == 2


@pytest.mark.django_db(transaction=True)
def test_many_who_ask_at_once_share_the_list_and_keep_to_the_caps(phone: Phone) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("races are only on PostgreSQL")
    campaign = phone.campaign
    Prompt.objects.all().delete()
    add_prompts(campaign, *(f"{line},2" for line in numbered(60)), columns="text,cap")
    add_prompts(campaign, *(f"Uncapped {line}" for line in numbered(150)))
    speakers = [sit_down(phone).speaker for _ in range(16)]
    asked(sit_down(phone), 1)
    fill(campaign)
    start = threading.Barrier(len(speakers) + 1)

    def ask(speaker_id: UUID) -> list[str]:
        try:
            speaker = Speaker.objects.get(pk=speaker_id)
            start.wait(30)
            got: list[str] = []
            for count in (10, 20):
                prompts = hand_out_prompts(
                    speaker=speaker, key=speaker.cell, done=(), count=count, now=timezone.now()
                )
                got = [prompt.text for prompt in prompts]
            return got
        finally:
            connections.close_all()

    def refill() -> None:
        try:
            start.wait(30)
            for _ in range(3):
                wear(campaign)
                fill(campaign)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(speakers) + 1) as pool:
        filling = pool.submit(refill)
        answers = list(pool.map(ask, speakers))
        filling.result()
    assert [len(set(got)) for got in answers] == [20] * len(speakers)
    times = Counter(text for got in answers for text in got)
    assert all(times[text] <= 2 for text in numbered(60))
    assert Shortlist.objects.filter(filled_at__isnull=False).count() == 2
