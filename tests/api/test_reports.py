"""What a phone says of prompts and of itself."""

from typing import Any

import pytest
import uuid_utils.compat as uuid

from backend.accounts.models import Device, DeviceReport
from backend.accounts.services import SELFTESTS_KEPT
from backend.campaigns.models import Prompt
from backend.clips.models import PromptReport
from tests.cast import Person, Phone, make_campaign
from tests.factories import Sitting, sent

pytestmark = pytest.mark.django_db


def prompts_for(sitting: Sitting) -> list[str]:
    path = f"/v1/campaigns/spring/prompts?session={sitting.session}&count=100"
    return [prompt["id"] for prompt in sent(sitting.phone.get(path))["prompts"]]


def report(sitting: Sitting, prompt: object, **changes: Any) -> Any:
    body = {"kind": "skip", "reason": "cannot-read", "session": str(sitting.session)} | changes
    return sitting.phone.post(f"/v1/prompts/{prompt}/reports", body)


def device_report(**changes: Any) -> dict[str, Any]:
    facts = {"unsent": 3, "unsent_bytes": 120_000, "free_bytes": 5_000_000, "app_version": "0.1.0"}
    return facts | changes


def test_a_skipped_prompt_is_noted_once_and_not_asked_of_the_speaker_again(
    sitting: Sitting,
) -> None:
    prompt = prompts_for(sitting)[0]
    first, again = report(sitting, prompt), report(sitting, prompt)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert report(sitting, prompt, kind="report", reason="wrong-text").status_code == 201
    assert PromptReport.objects.count() == 2
    assert prompt not in prompts_for(sitting)
    assert len(prompts_for(sitting)) == 4


def test_a_report_needs_a_prompt_of_the_campaign_and_a_session_of_the_phone(
    sitting: Sitting, other_phone: Phone
) -> None:
    prompt = Prompt.objects.order_by("position")[0].pk
    assert report(sitting, uuid.uuid7()).status_code == 404
    elsewhere = Prompt.objects.filter(campaign=make_campaign("autumn"))[0].pk
    assert report(sitting, elsewhere).status_code == 404
    assert report(sitting, prompt, session=str(uuid.uuid7())).status_code == 422
    body = {"kind": "skip", "reason": "", "session": str(sitting.session)}
    assert other_phone.post(f"/v1/prompts/{prompt}/reports", body).status_code == 422
    assert report(sitting, prompt, kind="praise").status_code == 400
    assert report(sitting, prompt, reason="x" * 201).status_code == 400


def test_the_last_report_of_a_phone_stands_with_its_time(phone: Phone) -> None:
    sent(phone.post("/v1/devices/self/reports", device_report()), 201)
    answer = sent(phone.post("/v1/devices/self/reports", device_report(unsent=0)), 201)
    kept = Device.objects.get(pk=phone.device.pk).report
    assert kept["unsent"] == 0
    assert kept["at"][:19] == answer["at"][:19]
    assert not DeviceReport.objects.exists()


def test_a_phone_that_cannot_tell_its_room_says_so(phone: Phone) -> None:
    sent(phone.post("/v1/devices/self/reports", device_report(free_bytes=None)), 201)
    assert Device.objects.get(pk=phone.device.pk).report["free_bytes"] is None


def test_self_tests_are_kept_as_a_bounded_history(phone: Phone) -> None:
    for n in range(SELFTESTS_KEPT + 3):
        body = device_report(selftest={"rate": 48000, "run": n})
        for _ in range(2):
            sent(phone.post("/v1/devices/self/reports", body), 201)
    runs = [row.selftest["run"] for row in DeviceReport.objects.order_by("at")]
    assert runs == list(range(3, SELFTESTS_KEPT + 3))
    sent(phone.post("/v1/devices/self/reports", device_report()), 201)
    assert DeviceReport.objects.count() == SELFTESTS_KEPT


@pytest.mark.parametrize(
    "changes",
    [
        {"unsent": -1},
        {"unsent": "many"},
        {"free_bytes": 2**60},
        {"app_version": ""},
        {"selftest": {"samples": "x" * 20_000}},
        {"selftest": [1]},
        {"contacts": []},
    ],
)
def test_a_report_is_bounded_and_of_known_fields(phone: Phone, changes: dict[str, Any]) -> None:
    answer = phone.post("/v1/devices/self/reports", device_report(**changes))
    assert answer.status_code == 400
    assert Device.objects.get(pk=phone.device.pk).report == {}


def test_only_a_phone_reports_itself(manager: Person) -> None:
    assert manager.post("/v1/devices/self/reports", device_report()).status_code == 403
