"""The collector's day: whom to find, what to do again, what was recorded."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import uuid_utils.compat as uuid
from django.utils import timezone

from backend.campaigns.models import Prompt
from backend.clips import lifecycle
from backend.clips.models import Clip, Session
from backend.clips.state import State
from backend.coverage.models import Cell
from tests.cast import Person, Phone, make_campaign, make_phone
from tests.factories import Sitting, announce_clip, sent
from tests.sounds import speech_like, wav

pytestmark = pytest.mark.django_db
SOUND = wav(speech_like(1.0))
WOMEN = "gender=female|age_band=30-39"


def plan(phone: Phone, query: str = "") -> dict[str, Any]:
    return dict(sent(phone.get(f"/v1/campaigns/{phone.campaign.slug}/plan/today{query}"), 200))


def record(sitting: Sitting, *states: State, at: datetime | None = None, **changes: Any) -> UUID:
    """Announce a clip recorded at a time and move it through the states."""
    recorded_at = (at or timezone.now()).isoformat()
    clip_id, _ = announce_clip(sitting, SOUND, recorded_at=recorded_at, **changes)
    reasons = [{"code": "silent", "value": 1.0, "threshold": 2.0, "hint": "closer"}]
    for to in states:
        values = {"verdict": {"outcome": "reject", "provisional": False, "profile_version": 1}}
        values["verdict"]["reasons"] = reasons
        lifecycle.move(
            clip_id=clip_id,
            to=to,
            actor="t",
            at=timezone.now(),
            reason="t",
            values=values if to == State.REJECTED else None,
        )
    return clip_id


def test_whom_to_find_is_where_the_largest_share_is_missing(phone: Phone) -> None:
    Cell.objects.filter(key=WOMEN).update(accepted_clips=4, pending_clips=2)
    Cell.objects.filter(key="gender=male|age_band=18-29").update(accepted_clips=10)
    found = plan(phone)["find"]
    assert [(one["cell"], one["missing"]) for one in found] == [
        ("gender=female|age_band=18-29", 10),
        ("gender=male|age_band=30-39", 10),
        # Of the two that wait for a verdict not both are expected to pass: 12.5 of 14 so far.
        (WOMEN, 4.214),
    ]
    assert found[2]["key"] == {"gender": "female", "age_band": "30-39"}
    assert found[2]["unit"] == "clips"


def test_what_this_phone_was_promised_it_still_has_to_find(
    phone: Phone, other_phone: Phone
) -> None:
    body = {"id": str(uuid.uuid7()), "want": [{"cell": WOMEN, "clips": 10}]}
    sent(phone.post("/v1/campaigns/spring/leases", body), 200)

    def missing(asking: Phone) -> dict[str, float]:
        return {one["cell"]: one["missing"] for one in plan(asking)["find"]}

    assert missing(phone)[WOMEN] == 10
    # Of ten promised eight and a half are expected to pass.
    assert missing(other_phone)[WOMEN] == 1.5


def test_a_campaign_without_targets_looks_for_nobody_in_particular() -> None:
    phone = make_phone(make_campaign("open", targets={"unit": "clips", "cells": []}))
    assert plan(phone)["find"] == []


def test_a_retake_is_open_until_the_prompt_is_recorded(sitting: Sitting) -> None:
    record(sitting, State.UPLOADED, State.REJECTED)
    newer = record(sitting, State.UPLOADED, State.REJECTED, seq=2, take=2)
    redo = plan(sitting.phone)["redo"]
    prompt = Prompt.objects.order_by("position")[0]
    assert [(one["clip"], one["prompt"], one["text"]) for one in redo] == [
        (str(newer), str(prompt.pk), prompt.text)
    ]
    assert redo[0]["speaker"] == str(sitting.speaker)
    assert [reason["code"] for reason in redo[0]["reasons"]] == ["silent"]
    record(sitting, seq=3, take=3)
    assert plan(sitting.phone)["redo"] == []


def test_nobody_who_withdrew_is_asked_again(sitting: Sitting) -> None:
    record(sitting, State.UPLOADED, State.REJECTED)
    sent(sitting.phone.post(f"/v1/speakers/{sitting.speaker}/withdraw", {}), 202)
    answer = plan(sitting.phone)
    assert answer["redo"] == []
    assert answer["day"]["recorded"] == 0


def test_the_day_counts_what_the_collector_recorded(sitting: Sitting, other_phone: Phone) -> None:
    record(sitting)
    record(sitting, State.UPLOADED, seq=2)
    record(sitting, State.UPLOADED, State.PASSED, State.ANNOTATING, seq=3)
    record(sitting, State.UPLOADED, State.REVIEW, seq=4)
    record(sitting, State.UPLOADED, State.REJECTED, seq=5)
    record(sitting, State.UPLOADED, seq=6, at=timezone.now() - timedelta(days=2))
    day = plan(sitting.phone)["day"]
    assert day == {
        "date": timezone.now().date().isoformat(),
        "recorded": 5,
        "passed": 1,
        "rejected": 1,
        "review": 1,
        "seconds": 12,
    }
    assert plan(other_phone)["day"]["recorded"] == 0


def test_the_day_is_that_of_the_phones_time_zone(sitting: Sitting) -> None:
    now = timezone.now()
    # Where it is noon now, yesterday's last hour was 13 hours ago.
    offset = (12 - now.hour) * 60 - now.minute
    record(sitting, at=now - timedelta(hours=11))
    record(sitting, at=now - timedelta(hours=13))
    answer = plan(sitting.phone, f"?offset_minutes={offset}")
    assert answer["day"]["recorded"] == 1
    assert answer["day"]["date"] == (now + timedelta(minutes=offset)).date().isoformat()


def test_a_phone_whose_clock_is_a_year_off_has_its_day_too(sitting: Sitting) -> None:
    behind = timedelta(days=365)
    Session.objects.update(clock_offset_ms=behind.total_seconds() * 1000)
    clip_id = record(sitting, at=timezone.now() - behind)
    # Its clips' ids come from the same clock.
    old = UUID(int=(int((timezone.now() - behind).timestamp() * 1000) << 80) | 7)
    Clip.objects.filter(pk=clip_id).update(recorded_at=timezone.now())
    record(sitting, at=timezone.now() - behind, id=old, seq=2)
    assert plan(sitting.phone)["day"]["recorded"] == 1
    # Beyond all years, and on the first day of them.
    since_year_one = timezone.now() - datetime(1, 1, 1, 12, tzinfo=UTC)
    for clock_ms in (2**53, -(2**53), since_year_one // timedelta(milliseconds=1)):
        Session.objects.update(clock_offset_ms=clock_ms)
        assert plan(sitting.phone)["day"]["recorded"] == 1


def test_only_the_phone_itself_has_a_plan_and_only_a_time_zone_is_an_offset(
    phone: Phone, manager: Person
) -> None:
    assert manager.get("/v1/campaigns/spring/plan/today").status_code == 403
    assert phone.get("/v1/campaigns/autumn/plan/today").status_code == 404
    for offset in ("x", "841", "-721", "9" * 30):
        answer = phone.get(f"/v1/campaigns/spring/plan/today?offset_minutes={offset}")
        assert answer.status_code == 400
