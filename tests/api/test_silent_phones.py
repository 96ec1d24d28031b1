"""Phones that went silent with something on them are named; the others are left alone."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from backend.accounts.models import Device
from backend.accounts.services import report_device, revoke_device
from backend.coverage.models import Hold
from tests.cast import Person, Phone
from tests.factories import sent
from tests.promises import ask

pytestmark = pytest.mark.django_db


def silent(manager: Person, query: str = "") -> list[dict[str, Any]]:
    answer = sent(manager.get(f"/v1/campaigns/spring/silent-phones{query}"), 200)
    return list(answer["phones"])


def unheard(phone: Phone, days: int) -> None:
    """Let a phone be silent for so many days, with all it did moved back as far."""
    back = timedelta(days=days, hours=1)
    device = Device.objects.get(pk=phone.device.pk)
    Device.objects.filter(pk=device.pk).update(seen_at=timezone.now() - back)
    for hold in Hold.objects.filter(device_id=device.pk):
        Hold.objects.filter(pk=hold.pk).update(
            made_at=hold.made_at - back, expires_at=hold.expires_at - back
        )


def report(phone: Phone, unsent: int) -> None:
    said = {"unsent": unsent, "unsent_bytes": unsent * 1000, "free_bytes": 1, "app_version": "1"}
    report_device(device=phone.device, report=said, now=timezone.now())


def test_a_phone_with_unsent_clips_is_named_once_it_is_silent(
    manager: Person, phone: Phone
) -> None:
    report(phone, 12)
    assert silent(manager) == []
    unheard(phone, 4)
    [found] = silent(manager)
    assert found["device"] == str(phone.device.pk)
    assert found["collector"] == "Ada"
    assert (found["days"], found["unsent"], found["unsent_bytes"]) == (4, 12, 12_000)
    assert found["leased"] == 0
    assert silent(manager, "?days=5") == []


def test_a_phone_with_leases_is_named_also_when_they_have_run_out_since(
    manager: Person, phone: Phone
) -> None:
    sent(ask(phone, {"clips": 9}), 200)
    unheard(phone, 4)
    assert [found["leased"] for found in silent(manager)] == [9]
    unheard(phone, 10)
    Hold.objects.update(released_at=timezone.now())
    assert [found["leased"] for found in silent(manager)] == [9]


def test_what_was_recorded_under_a_lease_is_no_longer_waited_for(
    manager: Person, phone: Phone
) -> None:
    sent(ask(phone, {"clips": 8}), 200)
    for hold in Hold.objects.all():
        Hold.objects.filter(pk=hold.pk).update(used_clips=hold.clips)
    unheard(phone, 9)
    assert silent(manager) == []


def test_the_longest_silence_comes_first_and_who_left_is_not_waited_for(
    manager: Person, phone: Phone, other_phone: Phone
) -> None:
    for one, days in ((phone, 4), (other_phone, 8)):
        report(one, 1)
        unheard(one, days)
    assert [found["days"] for found in silent(manager)] == [8, 4]
    revoke_device(device=other_phone.device, actor="system", now=timezone.now())
    assert [found["days"] for found in silent(manager)] == [4]


def test_an_empty_phone_may_be_silent(manager: Person, phone: Phone) -> None:
    report(phone, 0)
    unheard(phone, 30)
    assert silent(manager) == []


@pytest.mark.parametrize("days", ["0", "-1", "x", "", "366", "٣", "9" * 30])
def test_only_a_number_of_days_is_asked_for(manager: Person, days: str) -> None:
    assert manager.get(f"/v1/campaigns/spring/silent-phones?days={days}").status_code == 400
