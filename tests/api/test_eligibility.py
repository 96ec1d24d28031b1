"""Asked before recording: what a person is told and why, where to sit, what they are offered."""

from typing import Any

import pytest
import uuid_utils.compat as uuid
from django.utils import timezone

from backend.accounts.models import Device
from backend.campaigns.models import Campaign, Site
from backend.coverage.models import (
    Cell,
    CellSpeaker,
    Hold,
    Screening,
    SupplyCount,
    SupplyTotal,
    WaitlistEntry,
)
from backend.jobs.models import AuditEvent, Job
from tests.cast import Phone, make_campaign, make_phone
from tests.factories import announce_clip, sent
from tests.promises import (
    SOUND,
    WOMEN,
    ask,
    come_home,
    eligible,
    fill,
    held,
    promised,
    sit_at,
    sit_under,
)
from tests.walk import run_job
from workers import schedule

pytestmark = pytest.mark.django_db
THIRTIES = {"gender": "female", "birth_year": 1994}
INDOORS = "gender=female|environment=indoors"


def plan(target: int = 100, *, slug: str = "planned", **changes: Any) -> Phone:
    """A phone in a campaign that asks for women in their thirties alone."""
    cells = [{"key": {"gender": "female", "age_band": "30-39"}, "target": target}]
    targets = {"unit": "clips", "cells": cells} | changes
    return make_phone(make_campaign(slug, targets=targets), install_id=f"install-{slug}")


def surroundings(*environments: str, target: int = 20) -> Phone:
    """A phone in a campaign that asks for women in each of these surroundings."""
    targets = {
        "unit": "clips",
        "cells": [
            {"key": {"gender": "female", "environment": where}, "target": target}
            for where in environments
        ],
    }
    campaign = make_campaign("places", targets=targets, dimensions=["gender", "environment"])
    return make_phone(campaign)


def test_nobody_is_turned_away_without_a_reason_and_another_use(phone: Phone) -> None:
    fill()
    answer = eligible(phone)
    assert (answer["status"], answer["reason"], answer["hold"]) == ("full", "cell_full", None)
    assert answer["offer"]["kind"] == "waitlist"
    row = Screening.objects.get()
    assert (row.key, row.outcome, row.reason, row.offered) == (
        WOMEN,
        "full",
        "cell_full",
        "waitlist",
    )
    audited = AuditEvent.objects.get(act="person.turn-away")
    assert audited.subject == f"screening:{row.pk}"
    assert audited.detail == {"outcome": "full", "reason": "cell_full", "offered": "waitlist"}
    eligible(phone)
    assert AuditEvent.objects.filter(act="person.turn-away").count() == 1
    for said, reason in (({"gender": "declined"}, "undeclared"), ({"gender": "other"}, None)):
        told = eligible(phone, demographics=said | {"birth_year": 1994})
        assert told["reason"] == (reason or "not_asked_for")
        assert told["offer"] is not None


def test_another_campaign_of_the_phone_that_wants_them_is_offered_first() -> None:
    phone = plan(10, slug="first")
    fill()
    other = make_campaign("second")
    assert eligible(phone)["offer"]["kind"] == "waitlist"
    enrolled = make_phone(other, install_id="install-first")
    offer = eligible(phone)["offer"]
    assert offer == {"kind": "campaign", "campaign": "second"}
    fill()
    assert eligible(phone)["offer"]["kind"] == "waitlist"
    Cell.objects.filter(campaign=other).update(accepted_clips=0)
    Campaign.objects.filter(pk=other.pk).update(state="closed")
    assert eligible(phone)["offer"]["kind"] == "waitlist"
    Campaign.objects.filter(pk=other.pk).update(state="open")
    Device.objects.filter(pk=enrolled.device.pk).update(revoked_at=timezone.now())
    assert eligible(phone)["offer"]["kind"] == "waitlist"


def test_a_plan_that_welcomes_fillers_offers_that() -> None:
    phone = plan(fillers=True)
    fill(clips=100)
    answer = eligible(phone)
    assert (answer["status"], answer["offer"]) == ("full", {"kind": "filler"})
    assert not WaitlistEntry.objects.exists()


def test_a_lease_goes_to_the_cells_whose_people_are_met_at_the_site(phone: Phone) -> None:
    Site.objects.create(campaign=phone.campaign, slug="choir", name="Choir")
    sit_at(phone, "choir")
    site = Site.objects.get()
    others = {"gender=male|age_band=18-29": 500, "gender=female|age_band=18-29": 500}
    today = timezone.now().date()
    SupplyCount.objects.filter(site=site).update(people=200)
    for key, people in others.items():
        SupplyTotal.objects.create(campaign=phone.campaign, key=key, people=people)
        SupplyCount.objects.create(
            campaign=phone.campaign, site=None, key=key, day=today, people=people
        )
    leases = sent(ask(phone, {"clips": 8}), 200)["leases"]
    assert {lease["cell"]: lease["clips"] for lease in leases} == {WOMEN: 8}


def test_one_speaker_gives_no_more_than_the_plan_lets_them() -> None:
    phone = plan(1000, max_seconds_per_speaker=60)
    assert eligible(phone)["hold"]["clips"] == 8
    sitting = sit_at(phone)
    cell = Cell.objects.get(key=WOMEN)
    CellSpeaker.objects.create(cell=cell, speaker_id=sitting.speaker, pending_clips=10)
    Hold.objects.all().delete()
    assert eligible(phone, speaker=str(sitting.speaker))["hold"]["clips"] == 2
    Hold.objects.all().delete()
    CellSpeaker.objects.update(accepted_clips=2)
    told = eligible(phone, speaker=str(sitting.speaker))
    assert (told["status"], told["reason"]) == ("full", "speaker_has_enough")
    assert eligible(phone, demographics=THIRTIES)["status"] == "open"


def test_a_cell_with_too_few_speakers_still_takes_somebody_new() -> None:
    phone = plan(10, min_speakers=3)
    first = eligible(phone)["hold"]
    assert first["clips"] == 4
    fill()
    Cell.objects.update(held_clips=0, accepted_speakers=1)
    Hold.objects.all().delete()
    known = sit_at(phone)
    cell = Cell.objects.get(key=WOMEN)
    CellSpeaker.objects.create(cell=cell, speaker_id=known.speaker, accepted_clips=10)
    assert eligible(phone, speaker=str(known.speaker))["status"] == "full"
    for year in (1990, 1991):
        told = eligible(phone, demographics=THIRTIES | {"birth_year": year})
        assert (told["status"], told["hold"]["clips"]) == ("low", 2)
        Hold.objects.filter(pk=told["hold"]["id"]).update(speaker_id=uuid.uuid7())
    assert eligible(phone, demographics=THIRTIES | {"birth_year": 1992})["status"] == "full"


def test_rare_people_are_asked_for_more_in_one_sitting() -> None:
    phone = make_phone(
        make_campaign(
            "rare",
            targets={
                "unit": "clips",
                "cells": [
                    {"key": {"gender": gender, "age_band": "30-39"}, "target": 500}
                    for gender in ("female", "male")
                ],
            },
        )
    )
    assert eligible(phone)["hold"]["clips"] == 20
    men = "gender=male|age_band=30-39"
    SupplyTotal.objects.create(campaign=phone.campaign, key=men, people=200)
    Hold.objects.all().delete()
    assert eligible(phone)["hold"]["clips"] == 30


def test_the_platform_says_where_to_record_and_tells_the_phone_its_own_key() -> None:
    phone = surroundings("indoors", "outdoors", target=60)
    Cell.objects.filter(key=INDOORS).update(pending_clips=3)
    women = {"gender": "female"}
    answer = eligible(phone, demographics=women)
    assert answer["cell"] == "gender=female|environment=unknown"
    assert answer["conditions"] == {"environment": "outdoors"}
    assert list(held()) == ["gender=female|environment=outdoors"]
    again = eligible(phone, demographics=women)
    assert (again["hold"]["id"], again["conditions"]) == (
        answer["hold"]["id"],
        answer["conditions"],
    )
    possible = {"environment": ["indoors"]}
    inside = eligible(phone, demographics=women | {"birth_year": 1960}, possible=possible)
    assert inside["conditions"] == {"environment": "indoors"}
    nowhere = {"environment": ["vehicle"]}
    told = eligible(phone, demographics=women | {"birth_year": 1961}, possible=nowhere)
    assert (told["status"], told["reason"]) == ("waitlist", "not_asked_for")
    leases = sent(ask(phone, {"cell": answer["cell"], "clips": 4}), 200)["leases"]
    assert {lease["cell"] for lease in leases} == {answer["cell"]}
    assert {lease["conditions"]["environment"] for lease in leases} == {"indoors", "outdoors"}
    path = f"/v1/campaigns/{phone.campaign.slug}/eligibility"
    wrongs: list[Any] = [{"environment": []}, {"weather": ["rain"]}, "indoors"]
    for wrong in wrongs:
        assert phone.post(path, {"demographics": women, "possible": wrong}).status_code == 400


def test_what_is_recorded_in_other_surroundings_is_taken_and_gives_its_promise_back() -> None:
    phone = surroundings("indoors", "outdoors")
    outdoors = "gender=female|environment=outdoors"
    Cell.objects.filter(key=INDOORS).update(accepted_clips=1, accepted_ms=5000)
    hold = eligible(phone, demographics={"gender": "female"})["hold"]
    assert held() == promised() == {outdoors: (20, 100_000)}
    # The session says that they sat indoors.
    sitting = sit_under(phone, hold["id"])
    for n in range(2):
        come_home(announce_clip(sitting, SOUND, seq=n, take=n)[0])
    assert Cell.objects.get(key=INDOORS).pending_clips == 2
    assert Hold.objects.get().overfill_clips == 2
    assert held() == promised() == {outdoors: (20, 100_000)}
    for _ in range(2):
        schedule.release_holds()
        run_job("release_holds", Job.objects.get(kind="release_holds").subject)
    assert held() == promised() == {outdoors: (18, 90_000)}


def test_a_sitting_makes_its_hold_the_speakers_so_that_the_next_person_gets_their_own(
    phone: Phone,
) -> None:
    Cell.objects.filter(key=WOMEN).update(target=1000)
    first = eligible(phone)["hold"]
    sitting = sit_under(phone, first["id"])
    assert Hold.objects.get().speaker_id == sitting.speaker
    assert eligible(phone)["hold"]["id"] != first["id"]
    assert eligible(phone, speaker=str(sitting.speaker))["hold"]["id"] == first["id"]
