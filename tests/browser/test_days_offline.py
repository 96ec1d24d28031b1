"""Three days without a network, five hundred clips, then a network: all come home, in order."""

import re
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np
import pytest
from django.db.models import Count
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from backend import storage
from backend.campaigns.models import Campaign
from backend.clips.models import Clip, ClipEvent
from backend.clips.state import State
from backend.coverage.models import Hold, HoldKind
from tests.browser.kept import Sitting, keep_sittings, rows_of
from tests.browser.steps import enrol, new_code, wait_until
from tests.cast import make_campaign

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(900)]
DAYS = 3
CLIPS = 500
SPEAKERS_A_DAY = 5
WOMAN = {"gender": "female", "birth_year": 1994}
MAN = {"gender": "male", "birth_year": 2001}
TARGETS = {
    "unit": "clips",
    "cells": [
        {"key": {"gender": "female", "age_band": "30-39"}, "target": 400},
        {"key": {"gender": "male", "age_band": "18-29"}, "target": 400},
    ],
}


@pytest.fixture
def campaign() -> Campaign:
    return make_campaign(targets=TARGETS)


def set_clock(page: Page, now: datetime) -> None:
    """Set the phone's clock; it goes on from there."""
    page.clock.set_system_time(now)


def people_of_a_day(day: int, clips: int) -> list[Sitting]:
    """Return the day's speakers, women and men in turn, with sounds that no two clips share."""
    made = np.random.default_rng(day)
    shares = [len(share) for share in np.array_split(np.arange(clips), SPEAKERS_A_DAY)]
    return [
        Sitting(WOMAN if turn % 2 else MAN, [made.bytes(2500 + number) for number in range(share)])
        for turn, share in enumerate(shares)
    ]


def test_five_hundred_clips_of_three_days_come_home_in_order_and_count_on_their_leases(
    silent_phone: BrowserContext, address: str, campaign: Campaign
) -> None:
    page = silent_phone.pages[0]
    home_again = timezone.now()
    left = home_again - timedelta(days=DAYS)
    set_clock(page, left)
    enrol(page, address, new_code(campaign))
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    # The phone fetches what the days need by itself.
    page.wait_for_timeout(500)
    page.evaluate("dispatchEvent(new Event('online'))")
    wait_until(page, lambda: bool(rows_of(page, "leases")))

    silent_phone.set_offline(True)
    kept: list[str] = []
    for day in range(DAYS):
        set_clock(page, left + timedelta(days=day))
        page.reload()
        expect(page.get_by_role("heading", name="Who is speaking?")).to_be_visible()
        clips = CLIPS * (day + 1) // DAYS - CLIPS * day // DAYS
        kept += keep_sittings(page, *people_of_a_day(day, clips))
    assert not Clip.objects.exists()
    assert len(kept) == CLIPS
    offered = rows_of(page, "leases")
    assert any(lease["used"] for lease in offered)

    set_clock(page, home_again)
    silent_phone.set_offline(False)
    home = re.compile(rf"\b0 on this phone, {CLIPS} safe")
    expect(page.locator("#status")).to_have_text(home, timeout=600_000)

    taken_in = ClipEvent.objects.filter(to_state=State.UPLOADED).values("clip")
    assert taken_in.count() == CLIPS
    assert not taken_in.annotate(times=Count("id")).filter(times__gt=1).exists()
    announced = ClipEvent.objects.filter(to_state=State.EXPECTED).order_by("id")
    assert [str(pk) for pk in announced.values_list("clip", flat=True)] == kept
    some = Clip.objects.order_by("pk").first()
    assert some is not None
    assert storage.head(storage.clip_key(some.pk)).sha256 == some.sha256
    assert rows_of(page, "sounds") == []

    # What the phone counted under each lease is what the server counts, the overfill among it.
    server = {hold.pk: hold for hold in Hold.objects.filter(kind=HoldKind.LEASE)}
    for lease in offered:
        hold = server[UUID(lease["id"])]
        assert hold.used_clips + hold.overfill_clips == lease["used"]
        assert hold.used_clips == min(lease["used"], hold.clips)
