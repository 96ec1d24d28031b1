"""Phones are let in by code: counted, expiring, and back in with a new token."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from backend.accounts.models import Device, EnrolmentCode
from backend.accounts.services import issue_enrolment_code, revoke_device
from backend.campaigns.models import Campaign
from backend.jobs.models import AuditEvent
from tests.cast import Person, Phone

pytestmark = pytest.mark.django_db


def enrol(code: str, install_id: str = "install-0001", name: str = "Ada") -> Any:
    return Client().post(
        "/v1/devices/enrol",
        {"code": code, "install_id": install_id, "name": name, "user_agent": "test"},
        content_type="application/json",
    )


def new_code(campaign: Campaign, *, uses: int = 1, hours: float = 1) -> str:
    return issue_enrolment_code(
        campaign_id=campaign.pk,
        uses=uses,
        valid_for=timedelta(hours=hours),
        actor="system",
        now=timezone.now(),
    )[1]


def test_a_code_lets_a_phone_in(campaign: Campaign) -> None:
    answer = enrol(new_code(campaign))
    assert answer.status_code == 201
    body = answer.json()
    assert body["campaigns"] == ["spring"]
    device = Device.objects.get()
    assert body["collector"] == str(device.collector_id)
    assert body["token"] not in (device.token_hash, "")


def test_a_code_may_be_typed_in_small_letters_without_dashes(campaign: Campaign) -> None:
    assert enrol(new_code(campaign).lower().replace("-", " ")).status_code == 201


def test_a_code_counts_its_uses_and_is_used_up(campaign: Campaign) -> None:
    code = new_code(campaign, uses=2)
    assert enrol(code, "install-0001").status_code == 201
    assert enrol(code, "install-0002").status_code == 201
    refused = enrol(code, "install-0003")
    assert refused.status_code == 403
    assert refused.json()["type"] == "urn:fieldvoice:problem:code-used-up"
    assert EnrolmentCode.objects.get().uses == 2


def test_the_same_phone_gets_a_new_token_and_its_old_one_stops(campaign: Campaign) -> None:
    code = new_code(campaign)
    first, second = enrol(code).json(), enrol(code).json()
    assert first["collector"] == second["collector"]
    assert first["token"] != second["token"]
    for token, status in ((first["token"], 401), (second["token"], 200)):
        pack = Client().get(
            "/v1/campaigns/spring/pack", headers={"Authorization": f"Bearer {token}"}
        )
        assert pack.status_code == status


def test_an_expired_code_is_refused_by_name(campaign: Campaign) -> None:
    refused = enrol(new_code(campaign, hours=-1))
    assert refused.json()["type"] == "urn:fieldvoice:problem:code-expired"


def test_an_unknown_code_is_refused_by_name(campaign: Campaign) -> None:
    assert enrol("AAAA-BBBB-CCCC").json()["type"] == "urn:fieldvoice:problem:code-unknown"


def test_a_phone_that_left_is_not_signed_in_any_more(phone: Phone) -> None:
    assert phone.delete("/v1/devices/self").status_code == 204
    assert phone.get("/v1/campaigns/spring/pack").status_code == 401


def test_a_phone_that_left_comes_back_by_its_code_as_the_same_collector(campaign: Campaign) -> None:
    code = new_code(campaign)
    first = enrol(code).json()
    left = Client().delete(
        "/v1/devices/self", headers={"Authorization": f"Bearer {first['token']}"}
    )
    assert left.status_code == 204
    second = enrol(code)
    assert second.status_code == 201
    assert second.json()["collector"] == first["collector"]
    assert EnrolmentCode.objects.get().uses == 1
    EnrolmentCode.objects.update(expires_at=timezone.now())
    Device.objects.update(revoked_at=timezone.now(), left_at=timezone.now())
    assert enrol(code).json()["type"] == "urn:fieldvoice:problem:code-expired"


def test_a_phone_that_a_manager_revoked_does_not_come_back_by_its_old_code(
    campaign: Campaign,
) -> None:
    code = new_code(campaign)
    enrol(code)
    device = Device.objects.get()
    revoke_device(device=device, actor="user:manager", now=timezone.now())
    refused = enrol(code)
    assert refused.status_code == 403
    assert refused.json()["type"] == "urn:fieldvoice:problem:code-used-up"
    device.refresh_from_db()
    assert device.revoked_at is not None


def test_leaving_is_in_the_audit_trail(phone: Phone) -> None:
    phone.delete("/v1/devices/self")
    act = AuditEvent.objects.get(act="device.leave")
    assert act.actor == act.subject == f"device:{phone.device.pk}"


def test_a_manager_gets_a_code_with_its_link_and_picture(manager: Person) -> None:
    answer = manager.post("/v1/campaigns/spring/enrolment-codes", {"uses": 3, "hours": 2})
    assert answer.status_code == 201
    body = answer.json()
    assert body["url"].endswith(f"/app/#code={body['code']}")
    assert body["qr_svg"].startswith("<svg")
    assert body["uses"] == 3
    assert enrol(body["code"]).status_code == 201


def test_no_secret_is_stored_as_it_is(campaign: Campaign) -> None:
    code = new_code(campaign)
    token = enrol(code).json()["token"]
    rows = [*EnrolmentCode.objects.values(), *Device.objects.values()]
    assert code not in str(rows)
    assert token not in str(rows)
