"""The page of a campaign's phones: who sees it, what it says of each, how one is sent away."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backend import policy
from backend.accounts.models import Device
from backend.accounts.services import report_device, revoke_device
from backend.campaigns.models import Campaign
from backend.jobs.models import AuditEvent
from tests.cast import Person, Phone, make_campaign, make_person, make_phone
from tests.factories import sit_down

pytestmark = pytest.mark.django_db
PAGE = "/console/campaigns/spring/devices"
SELFTEST = {
    "rate": 48000,
    "path": "processor",
    "mic": "Built-in",
    "asked": {"echoCancellation": False},
    "got": {"echoCancellation": True},
    "peak": 0.01,
    "level_dbfs": -58.2,
    "zero_run_ms": 0.1,
    "zero_gaps": 0,
    "sample_ratio": 1.001,
    "writes_per_s": 240,
    "mb_per_s": 1.97,
    "persisted": False,
    "free_bytes": 4_000_000_000,
    "features": ["AudioWorklet", "WakeLock"],
    "model": "Test 9",
    "os": "Android 15",
    "findings": ["processed", "unsafe"],
}


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person.user)
    return client


def words(client: Client) -> str:
    answer = client.get(PAGE)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def report(phone: Phone, **more: Any) -> None:
    said = {"unsent": 12, "unsent_bytes": 3_000_000, "free_bytes": 2 * 1024**3}
    now = timezone.now()
    report_device(device=phone.device, report=said | {"app_version": "0.9"} | more, now=now)


def test_a_phone_shows_whose_it_is_and_what_waits_on_it(manager: Person, phone: Phone) -> None:
    report(phone)
    page = words(signed_in(manager))
    assert "12 clips waiting on phones" in page
    for text in ("Ada", "0.9", "2.9", "2.0", "not yet"):
        assert text in page


def test_a_self_test_shows_its_verdict_and_figures(manager: Person, phone: Phone) -> None:
    report(phone, selftest=SELFTEST)
    # A later report without a self-test takes nothing away.
    report(phone, unsent=0, unsent_bytes=0)
    page = words(signed_in(manager))
    for text in (
        "the browser processes the voice",
        "the browser does not promise",
        "Test 9, Android 15",
        "48000 Hz",
        "-58.2 dBFS",
        "240",
        "echoCancellation yes",
        "AudioWorklet, WakeLock",
    ):
        assert text in page


def test_a_phone_in_order_is_good(manager: Person, phone: Phone) -> None:
    report(phone, selftest=SELFTEST | {"findings": []})
    assert '<span class="pill ok">good</span>' in words(signed_in(manager))


def test_what_a_phone_made_up_is_shown_as_text_and_breaks_nothing(
    manager: Person, phone: Phone
) -> None:
    odd = {"findings": "<b>", "rate": {"a": [1, {"b": None}]}, "mic": "<script>x</script>"}
    report(phone, selftest=odd)
    page = words(signed_in(manager))
    assert "&lt;script&gt;x" in page
    assert "<script>x" not in page


def test_a_phone_that_never_reported_is_known_by_its_session(manager: Person, phone: Phone) -> None:
    sit_down(phone)
    page = words(signed_in(manager))
    assert "Test 1, Android 14" in page
    assert "0.1.0" in page


def test_the_number_of_queries_does_not_grow_with_the_phones(
    manager: Person, campaign: Campaign
) -> None:
    client = signed_in(manager)

    def count() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            words(client)
        return len(seen)

    report(make_phone(campaign, install_id="install-1000"), selftest=SELFTEST)
    few = count()
    for number in range(5):
        more = make_phone(campaign, install_id=f"install-200{number}")
        sit_down(more)
        report(more, selftest=SELFTEST)
    assert count() == few


def test_a_revoked_phone_may_send_nothing_more(manager: Person, phone: Phone) -> None:
    client = signed_in(manager)
    answer = client.post(f"{PAGE}/{phone.device.pk}/revoke", follow=True)
    assert "The phone may send nothing more." in answer.content.decode()
    assert phone.get("/v1/campaigns/spring/pack").status_code == 401
    assert Device.objects.get().revoked_at is not None
    event = AuditEvent.objects.get(act="device.revoke")
    assert event.actor == f"user:{manager.user.pk}"
    assert "left" in words(client)


def test_phones_that_left_stand_below_those_that_send(
    manager: Person, campaign: Campaign, phone: Phone
) -> None:
    revoke_device(device=phone.device, actor="system", now=timezone.now())
    later = make_phone(campaign, install_id="install-0002")
    page = words(signed_in(manager))
    assert page.index(f"/devices/{later.device.pk}/revoke") < page.index("left ")


def test_only_the_campaigns_managers_see_its_phones(
    manager: Person, phone: Phone, campaign: Campaign
) -> None:
    autumn = make_campaign("autumn")
    stranger = signed_in(make_person(policy.MANAGER, autumn, name="stranger"))
    revoke = f"{PAGE}/{phone.device.pk}/revoke"
    assert stranger.get(PAGE).status_code == 404
    assert stranger.post(revoke).status_code == 404
    # Nor by way of their own campaign's page.
    assert stranger.post(revoke.replace("spring", "autumn")).status_code == 404
    for role in (policy.SCIENTIST, policy.OPERATOR):
        other = signed_in(make_person(role, campaign))
        assert other.get(PAGE).status_code == 403
        assert other.post(revoke).status_code == 403
    vendor = signed_in(make_person(policy.VENDOR, campaign))
    assert vendor.get(PAGE).status_code == 404
    assert Client().get(PAGE).status_code == 302
    assert Device.objects.get().revoked_at is None


def test_the_campaigns_page_leads_there(manager: Person, campaign: Campaign) -> None:
    page = signed_in(manager).get("/console/campaigns/spring").content.decode()
    assert f'href="{PAGE}"' in page
    assert 'href="/console/campaigns/spring/imports"' in page
    scientist = signed_in(make_person(policy.SCIENTIST, campaign))
    assert PAGE not in scientist.get("/console/campaigns/spring").content.decode()
