"""Who was met, counted once and where; who waits, and who gets the place that comes free."""

from datetime import timedelta

import pytest
import uuid_utils.compat as uuid
from django.utils import timezone

from backend.campaigns.models import Site
from backend.coverage.models import (
    Cell,
    CellSpeaker,
    Hold,
    Screening,
    SupplyCount,
    SupplyTotal,
    WaitlistEntry,
)
from backend.coverage.supply import read_pool
from backend.jobs.models import Job
from tests.cast import Phone
from tests.factories import sent, session_body
from tests.promises import (
    WOMEN,
    ask,
    eligible,
    fill,
    held,
    promised,
    sit_at,
)
from tests.walk import run_job
from workers import schedule

pytestmark = pytest.mark.django_db
THIRTIES = {"gender": "female", "birth_year": 1994}


def test_a_place_that_comes_free_answers_who_has_waited_longest(
    phone: Phone, other_phone: Phone
) -> None:
    lease = sent(ask(phone, {"cell": WOMEN, "clips": 12}), 200)["leases"][0]
    first = eligible(other_phone)
    assert (first["reason"], first["offer"]["kind"]) == ("on_its_way", "waitlist")
    eligible(other_phone, demographics=THIRTIES | {"birth_year": 1993})
    assert WaitlistEntry.objects.filter(answered_at=None).count() == 2
    schedule.release_holds()
    assert not Job.objects.filter(kind="release_holds").exists()
    Hold.objects.filter(pk=lease["id"]).update(expires_at=timezone.now() - timedelta(seconds=1))
    schedule.release_holds()
    job = Job.objects.get(kind="release_holds")
    assert run_job("release_holds", job.subject).state == "done"
    answered, waiting = WaitlistEntry.objects.order_by("since")
    assert answered.hold is not None
    assert (answered.hold.clips, answered.hold.collector_id) == (
        12,
        other_phone.device.collector_id,
    )
    assert answered.hold.expires_at > timezone.now() + timedelta(days=2)
    assert waiting.answered_at is None
    assert held() == promised() == {WOMEN: (12, 60_000)}
    today = sent(other_phone.get("/v1/campaigns/spring/plan/today"), 200)
    assert [(one["cell"], one["clips"], one["speaker"]) for one in today["waiting"]] == [
        (WOMEN, 12, None)
    ]
    assert sent(phone.get("/v1/campaigns/spring/plan/today"), 200)["waiting"] == []
    # They ask again, perhaps with an id by now, and find it.
    again = eligible(other_phone)
    assert (again["status"], again["hold"]["id"]) == ("open", str(answered.hold.pk))
    assert again["hold"]["expires_at"] > first["offer"]["since"]


def test_who_gets_a_place_by_asking_again_waits_no_more(phone: Phone) -> None:
    fill()
    eligible(phone)
    fill(clips=5)
    assert eligible(phone)["hold"] is not None
    assert WaitlistEntry.objects.get().answered_at is not None
    fill()
    Hold.objects.update(expires_at=timezone.now())
    eligible(phone)
    assert WaitlistEntry.objects.get().answered_at is None


def test_a_withdrawn_speaker_or_a_phone_that_left_waits_for_nothing(
    phone: Phone, other_phone: Phone
) -> None:
    speaker = sit_at(phone).speaker
    promise = eligible(phone, speaker=str(speaker))["hold"]
    fill()
    Hold.objects.update(released_at=timezone.now())
    eligible(phone, speaker=str(speaker))
    eligible(other_phone)
    Hold.objects.update(released_at=None)
    sent(phone.post(f"/v1/speakers/{speaker}/withdraw", {}), 202)
    sent(other_phone.delete("/v1/devices/self"), 204)
    fill(clips=0)
    schedule.release_holds()
    run_job("release_holds", Job.objects.get(kind="release_holds").subject)
    # What had been promised to them is anybody's again, and nothing was promised since.
    assert str(Hold.objects.get().pk) == promise["id"]
    assert held() == promised() == {}
    assert not WaitlistEntry.objects.filter(answered_at=None).exists()


def test_who_has_given_what_one_may_keeps_no_place_from_those_behind_them(
    phone: Phone, other_phone: Phone
) -> None:
    speaker = sit_at(phone).speaker
    cell = Cell.objects.get(key=WOMEN)
    CellSpeaker.objects.create(cell=cell, speaker_id=speaker, accepted_clips=5)
    Cell.objects.filter(pk=cell.pk).update(max_ms_per_speaker=20_000)
    told = eligible(phone, speaker=str(speaker))
    assert (told["reason"], told["offer"]["kind"]) == ("speaker_has_enough", "waitlist")
    fill()
    eligible(other_phone)
    fill(clips=0)
    schedule.release_holds()
    run_job("release_holds", Job.objects.get(kind="release_holds").subject)
    assert Hold.objects.get().collector_id == other_phone.device.collector_id
    assert not WaitlistEntry.objects.filter(answered_at=None).exists()


def test_a_person_is_counted_once_however_often_they_are_asked_about(
    phone: Phone, other_phone: Phone
) -> None:
    for _ in range(3):
        eligible(phone)
    sitting = sit_at(phone)
    eligible(phone, speaker=str(sitting.speaker))
    assert Screening.objects.get().speaker_id == sitting.speaker
    assert read_pool(phone.campaign.pk) == {WOMEN: 1}
    # The next woman of that age has no id yet, and is another: the first has one.
    eligible(phone)
    eligible(phone, demographics=THIRTIES | {"birth_year": 1993})
    eligible(other_phone)
    assert read_pool(phone.campaign.pk) == {WOMEN: 4}
    # Half an hour later the same answers are somebody else's.
    Screening.objects.update(asked_at=timezone.now() - timedelta(hours=1))
    eligible(phone)
    assert read_pool(phone.campaign.pk) == {WOMEN: 5}
    assert Screening.objects.count() == 5


def test_a_speaker_who_was_recorded_without_a_question_was_met_all_the_same(phone: Phone) -> None:
    sitting = sit_at(phone)
    row = Screening.objects.get()
    assert (row.outcome, row.speaker_id, row.key) == ("unasked", sitting.speaker, WOMEN)
    body = session_body(phone, sitting.speaker, sitting.consent)
    sent(phone.put(f"/v1/sessions/{uuid.uuid7()}", body), 201)
    assert read_pool(phone.campaign.pk) == {WOMEN: 1}
    assert eligible(phone, speaker=str(sitting.speaker))["hold"] is not None
    assert (Screening.objects.get().outcome, Screening.objects.get().reason) == ("open", "wanted")


def test_people_are_met_where_the_collectors_newest_session_was(phone: Phone) -> None:
    for slug in ("choir", "market"):
        Site.objects.create(campaign=phone.campaign, slug=slug, name=slug)
    eligible(phone, demographics=THIRTIES | {"birth_year": 1990})
    sit_at(phone, "choir")
    eligible(phone, demographics=THIRTIES | {"birth_year": 1991})
    sit_at(phone, "market")
    eligible(phone, demographics={"gender": "male", "birth_year": 1990})
    counted = SupplyCount.objects.values_list("site__slug", "key", "people", "day")
    today = timezone.now().date()
    men = "gender=male|age_band=30-39"
    assert sorted(counted, key=str) == sorted(
        [
            (None, WOMEN, 1, today),
            ("choir", WOMEN, 2, today),
            ("market", WOMEN, 1, today),
            ("market", men, 1, today),
        ],
        key=str,
    )
    assert SupplyTotal.objects.get(key=WOMEN).people == 4


def test_a_corrected_person_counts_where_they_belong(phone: Phone) -> None:
    sitting = sit_at(phone)
    path = f"/v1/speakers/{sitting.speaker}"
    sent(phone.patch(path, {"demographics": {"gender": "male"}}), 200)
    assert read_pool(phone.campaign.pk) == {"gender=male|age_band=30-39": 1}
    assert Screening.objects.get().key == "gender=male|age_band=30-39"
