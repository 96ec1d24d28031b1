"""Promises to phones: asked, held, used up by clips, expired."""

from datetime import timedelta
from typing import Any

import pytest
import uuid_utils.compat as uuid
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backend.clips import lifecycle
from backend.clips.state import State
from backend.coverage.leases import LEASED_AT_MOST
from backend.coverage.models import Cell, Hold
from backend.jobs.models import Job
from tests.cast import Person, Phone, make_campaign, make_phone
from tests.factories import Sitting, announce_clip, sent, sit_down, upload_clip
from tests.promises import (
    CELLS,
    SOUND,
    WOMEN,
    YOUNG_WOMEN,
    ask,
    come_home,
    eligible,
    held,
    promised,
    sit_under,
)
from tests.walk import run_job
from workers import schedule


@pytest.mark.django_db
def test_a_lease_of_a_cell_is_what_is_open_there(phone: Phone, other_phone: Phone) -> None:
    answer = sent(ask(phone, {"cell": WOMEN, "clips": 7}), 200)
    lease = answer["leases"][0]
    assert (lease["cell"], lease["clips"], lease["seconds"]) == (WOMEN, 7, 35)
    assert answer["server_time"] < lease["expires_at"]
    theirs = sent(ask(other_phone, {"cell": WOMEN, "clips": 7}), 200)["leases"]
    # Of twelve clips ten are expected to pass, before there are verdicts.
    assert [lease["clips"] for lease in theirs] == [5]
    assert sent(ask(other_phone, {"cell": WOMEN, "clips": 7}), 200)["leases"] == []
    assert held() == promised() == {WOMEN: (12, 60_000)}


@pytest.mark.django_db
def test_a_lease_without_a_cell_is_spread_over_what_is_open(phone: Phone) -> None:
    ask(phone, {"cell": WOMEN, "clips": 12})
    leases = sent(ask(phone, {"clips": 9}), 200)["leases"]
    assert {lease["cell"]: lease["clips"] for lease in leases} == dict.fromkeys(CELLS - {WOMEN}, 3)
    assert held() == promised()


@pytest.mark.django_db
def test_the_same_request_gets_the_same_leases_and_another_under_its_id_none(
    phone: Phone, other_phone: Phone
) -> None:
    request = uuid.uuid7()
    first = sent(ask(phone, {"clips": 8}, request=request), 200)["leases"]
    again = sent(ask(phone, {"clips": 8}, request=request), 200)["leases"]
    assert first == again
    assert len(first) == Hold.objects.count() == 4
    assert ask(phone, {"clips": 9}, request=request).status_code == 409
    assert ask(other_phone, {"clips": 8}, request=request).status_code == 409


@pytest.mark.django_db
def test_a_campaign_without_targets_gives_what_is_asked_within_a_phones_bound() -> None:
    phone = make_phone(make_campaign("open", targets={"unit": "clips", "cells": []}))
    leases = sent(ask(phone, {"clips": 400}, {"cell": WOMEN, "clips": 50}), 200)["leases"]
    assert [(lease["cell"], lease["clips"]) for lease in leases] == [("", 400), (WOMEN, 50)]
    assert held() == promised() == {WOMEN: (50, 250_000)}
    rest = sent(ask(phone, {"clips": 400}), 200)["leases"]
    assert [lease["clips"] for lease in rest] == [50]
    assert sum(hold.clips for hold in Hold.objects.all()) == LEASED_AT_MOST


@pytest.mark.django_db
@pytest.mark.parametrize(
    "want",
    [
        [],
        [{"clips": 0}],
        [{"clips": 501}],
        [{"clips": 1}] * 101,
        [{"cell": "gender=female", "clips": 3}],
        [{"cell": "nonsense", "clips": 3}],
        [{"cell": "gender=|age_band=18-29", "clips": 3}],
        [{"clips": 3, "unit": "hours"}],
        "all",
    ],
)
def test_a_malformed_wish_is_refused(phone: Phone, want: Any) -> None:
    body = {"id": str(uuid.uuid7()), "want": want}
    answer = phone.post("/v1/campaigns/spring/leases", body)
    assert answer.status_code == 400
    assert not Hold.objects.exists()


@pytest.mark.django_db
def test_a_person_who_is_looked_for_gets_a_hold_and_coverage_shows_it(
    phone: Phone, manager: Person
) -> None:
    answer = eligible(phone)
    assert (answer["cell"], answer["status"], answer["reason"]) == (WOMEN, "open", "wanted")
    assert (answer["hold"]["clips"], answer["hold"]["seconds"]) == (12, 60)
    assert (answer["offer"], answer["conditions"]) == (None, {})
    coverage = sent(manager.get("/v1/campaigns/spring/coverage"))
    shown = {cell["key"]["age_band"]: cell["held"] for cell in coverage["cells"][:2]}
    assert shown == {"18-29": 0, "30-39": 12}


@pytest.mark.django_db
def test_asking_again_prolongs_the_hold_and_does_not_double_it(phone: Phone) -> None:
    first = eligible(phone)["hold"]
    again = eligible(phone)["hold"]
    assert first["id"] == again["id"]
    assert first["expires_at"] < again["expires_at"]
    sitting = sit_down(phone)
    known = eligible(phone, speaker=str(sitting.speaker))["hold"]
    assert known["id"] == first["id"]
    assert held() == promised() == {WOMEN: (12, 60_000)}
    other = sit_down(phone)
    answer = eligible(phone, speaker=str(other.speaker))
    assert (answer["status"], answer["reason"]) == ("waitlist", "on_its_way")
    assert (answer["hold"], answer["offer"]["kind"]) == (None, "waitlist")


@pytest.mark.django_db
def test_a_phone_that_leased_the_cell_is_answered_with_its_lease(
    phone: Phone, other_phone: Phone
) -> None:
    lease = sent(ask(phone, {"cell": WOMEN, "clips": 12}), 200)["leases"][0]
    answer = eligible(phone)
    assert (answer["status"], answer["reason"]) == ("open", "promised")
    assert answer["hold"] == {name: lease[name] for name in answer["hold"]}
    others = eligible(other_phone)
    assert (others["cell"], others["status"], others["hold"]) == (WOMEN, "waitlist", None)


@pytest.mark.django_db
def test_who_did_not_say_waits_and_a_full_cell_is_full(phone: Phone) -> None:
    said = {"gender": "declined", "birth_year": "unknown"}
    assert eligible(phone, demographics=said)["status"] == "waitlist"
    Cell.objects.filter(key=WOMEN).update(accepted_clips=9, accepted_ms=27_000)
    answer = eligible(phone)
    # What a person who sits down is asked for at the least.
    assert (answer["status"], answer["hold"]["clips"]) == ("low", 2)
    assert answer["hold"]["seconds"] == 6
    Hold.objects.update(expires_at=timezone.now())
    Cell.objects.filter(key=WOMEN).update(accepted_clips=10)
    assert (eligible(phone)["status"], eligible(phone)["hold"]) == ("full", None)
    # What has expired counts for nobody, and the sweep takes it off.
    assert held() == promised() == {WOMEN: (2, 6_000)}
    schedule.release_holds()
    run_job("release_holds", Job.objects.get(kind="release_holds").subject)
    assert held() == promised() == {}


@pytest.mark.django_db
def test_eligibility_needs_one_way_to_know_the_person(phone: Phone) -> None:
    path = "/v1/campaigns/spring/eligibility"
    said = {"gender": "female"}
    assert phone.post(path, {}).status_code == 400
    both = {"speaker": str(uuid.uuid7()), "demographics": said}
    assert phone.post(path, both).status_code == 400
    assert phone.post(path, {"demographics": {"gender": "green"}}).status_code == 400
    assert phone.post(path, {"speaker": str(uuid.uuid7())}).status_code == 422
    assert phone.post("/v1/campaigns/other/eligibility", {"demographics": said}).status_code == 404


@pytest.mark.django_db
def test_a_speakers_campaign_counts_sittings() -> None:
    targets = {
        "unit": "speakers",
        "cells": [{"key": {"gender": "female", "age_band": "30-39"}, "target": 3}],
    }
    phone = make_phone(make_campaign("voices", targets=targets))
    answer = eligible(phone)
    assert (answer["status"], answer["hold"]["clips"]) == ("open", 20)
    upload_clip(sit_down(phone), SOUND)
    lease = sent(ask(phone, {"clips": 500}), 200)["leases"][0]
    assert lease["clips"] == 20


@pytest.mark.django_db
def test_a_clip_that_comes_home_uses_the_hold_up_once(phone: Phone, manager: Person) -> None:
    hold = eligible(phone)["hold"]
    sitting = sit_under(phone, hold["id"])
    clip_id, _ = announce_clip(sitting, SOUND)
    announce_clip(sitting, SOUND, id=clip_id)
    assert held() == {WOMEN: (12, 60_000)}
    come_home(clip_id)
    assert held() == promised() == {WOMEN: (11, 57_000)}
    lifecycle.move(clip_id=clip_id, to=State.REJECTED, actor="t", at=timezone.now(), reason="t")
    lifecycle.move(clip_id=clip_id, to=State.PASSED, actor="t", at=timezone.now(), reason="t")
    cell = Cell.objects.get(key=WOMEN)
    assert (cell.held_clips, cell.pending_clips) == (11, 1)
    coverage = sent(manager.get("/v1/campaigns/spring/coverage"))
    assert [(c["held"], c["pending"]) for c in coverage["cells"] if c["pending"]] == [(11, 1)]


@pytest.mark.django_db
def test_clips_beyond_a_hold_late_or_of_another_cell_are_taken_as_overfill(phone: Phone) -> None:
    lease = sent(ask(phone, {"cell": WOMEN, "clips": 2}), 200)["leases"][0]
    sitting = sit_under(phone, lease["id"])
    for n in range(3):
        come_home(announce_clip(sitting, SOUND, seq=n, take=n)[0])
    hold = Hold.objects.get()
    assert (hold.used_clips, hold.overfill_clips, hold.overfill_ms) == (2, 1, 3000)
    assert held() == promised() == {}
    late = sent(ask(phone, {"cell": WOMEN, "clips": 2}), 200)["leases"][0]
    Hold.objects.filter(pk=late["id"]).update(expires_at=timezone.now())
    come_home(announce_clip(sit_under(phone, late["id"]), SOUND)[0])
    other = sent(ask(phone, {"cell": YOUNG_WOMEN, "clips": 2}), 200)["leases"][0]
    come_home(announce_clip(sit_under(phone, other["id"]), SOUND)[0])
    rows = {str(hold.pk): hold for hold in Hold.objects.all()}
    assert [(rows[i].used_clips, rows[i].overfill_clips) for i in (late["id"], other["id"])] == [
        (0, 1),
        (0, 1),
    ]
    assert Cell.objects.get(key=WOMEN).pending_clips == 5


@pytest.mark.django_db
def test_a_hold_that_is_nobodys_or_anothers_changes_nothing(
    phone: Phone, other_phone: Phone
) -> None:
    theirs = eligible(other_phone)["hold"]
    for hold in (str(uuid.uuid7()), theirs["id"]):
        come_home(announce_clip(sit_under(phone, hold), SOUND)[0])
    assert held() == promised() == {WOMEN: (12, 60_000)}
    assert Hold.objects.get().overfill_clips == 0


@pytest.mark.django_db
def test_an_expired_hold_is_not_counted_and_a_job_releases_it(
    phone: Phone, other_phone: Phone, manager: Person
) -> None:
    ask(phone, {"clips": 20})
    Hold.objects.filter(cell__key=WOMEN).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert held()[WOMEN] == (5, 25_000)
    coverage = sent(manager.get("/v1/campaigns/spring/coverage"))
    assert {(c["key"]["gender"], c["key"]["age_band"]): c["held"] for c in coverage["cells"]}[
        "female", "30-39"
    ] == 0
    for _ in range(2):
        schedule.release_holds()
    job = Job.objects.get(kind="release_holds")
    assert run_job("release_holds", job.subject).state == "done"
    assert WOMEN not in held()
    assert held() == promised()
    schedule.release_holds()
    assert Job.objects.filter(kind="release_holds").count() == 1


@pytest.mark.django_db
def test_a_phone_that_left_holds_nothing(phone: Phone, other_phone: Phone) -> None:
    ask(phone, {"cell": WOMEN, "clips": 12})
    sent(phone.delete("/v1/devices/self"), 204)
    assert eligible(other_phone)["hold"]["clips"] == 12
    assert held() == promised()


@pytest.mark.django_db
def test_a_session_without_a_hold_costs_a_clip_no_query_more(sitting: Sitting) -> None:
    def queries_of(take: int, where: Sitting) -> tuple[int, int]:
        with CaptureQueriesContext(connection) as announcing:
            clip_id, _ = announce_clip(where, SOUND, seq=take, take=take)
        with CaptureQueriesContext(connection) as confirming:
            come_home(clip_id)
        return len(announcing), len(confirming)

    queries_of(1, sitting)
    without = queries_of(2, sitting)
    hold = eligible(sitting.phone)["hold"]
    under = sit_under(sitting.phone, hold["id"])
    queries_of(1, under)
    # With a hold: its lock and its row.
    assert queries_of(2, under) == (without[0], without[1] + 2)
