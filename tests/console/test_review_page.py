"""The reviewer's page: one clip after the other, with what is wrong in words, to decide on."""

import re
from typing import Any

import pytest
from django.test import Client

from backend import policy
from backend.campaigns.models import Campaign
from backend.clips.models import ClipEvent
from backend.jobs.models import AuditEvent
from tests.cast import Person, make_campaign, make_person
from tests.factories import Sitting
from tests.judged import judged_clip, write_rules

PAGE = "/console/campaigns/spring/review"


def signed_in(person: Person) -> Client:
    """Return a browser in which the person is signed in."""
    client = Client()
    client.force_login(person.user)
    return client


def words(client: Client, address: str = PAGE, **headers: str) -> str:
    """Return a page's text with its white space folded."""
    answer = client.get(address, headers=headers)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


@pytest.fixture
def ruled(campaign: Campaign) -> Campaign:
    """A campaign that rejects under 10 dB and reviews under 20 dB."""
    write_rules(campaign, noisy=10, review=20)
    return campaign


def test_the_oldest_clip_comes_first_with_its_reasons_in_words(
    sitting: Sitting, manager: Person, ruled: Campaign
) -> None:
    first, _ = judged_clip(sitting, snr_db=15.25), judged_clip(sitting, snr_db=16)
    page = words(signed_in(manager))
    assert "The bus to the market leaves at half past seven." in page
    assert f'data-clip="{first.pk}"' in page
    assert "Too much noise around. Please find a quieter place." in page
    assert "activity without the background over the background, dB: 15.25, bound 20" in page
    assert "Waiting for a person: 2" in page


def test_a_decision_leads_to_the_next_clip(
    sitting: Sitting, manager: Person, ruled: Campaign
) -> None:
    first, second = judged_clip(sitting, snr_db=15), judged_clip(sitting, snr_db=16)
    client = signed_in(manager)
    body = {"decision": "reject", "reasons": ["noisy", "hum"], "state": "review"}
    answer = client.post(f"{PAGE}/{first.pk}", body, follow=True)
    assert f'data-clip="{second.pk}"' in answer.content.decode()
    event = ClipEvent.objects.get(clip=first, reason="review")
    assert event.detail == {"decision": "reject", "reasons": ["noisy", "hum"]}
    assert event.actor == f"user:{manager.user.pk}"


def test_a_clip_that_passes_takes_no_reasons_with_it(
    sitting: Sitting, manager: Person, ruled: Campaign
) -> None:
    clip = judged_clip(sitting, snr_db=15)
    body = {"decision": "pass", "reasons": ["noisy"]}
    answer = signed_in(manager).post(f"{PAGE}/{clip.pk}", body, headers={"X-Fragment": "1"})
    assert answer.status_code == 204
    clip.refresh_from_db()
    assert clip.state == "passed"
    assert clip.verdict is not None
    assert clip.verdict["reasons"] == []


def test_the_pages_script_gets_the_next_card_alone(
    sitting: Sitting, manager: Person, ruled: Campaign
) -> None:
    first, second = judged_clip(sitting, snr_db=15), judged_clip(sitting, snr_db=16)
    client = signed_in(manager)
    card = words(client, f"{PAGE}?after={first.pk}", **{"X-Fragment": "1"})
    assert f'data-clip="{second.pk}"' in card
    assert "<html" not in card
    end = words(client, f"{PAGE}?after={second.pk}", **{"X-Fragment": "1"})
    assert "That was the last one." in end


def test_a_clip_whose_models_failed_can_be_ended_here(
    sitting: Sitting, manager: Person, ruled: Campaign, settings: Any
) -> None:
    settings.MODEL_CHECKS = True
    clip = judged_clip(sitting)
    client = signed_in(manager)
    assert "No clip waits here." in words(client)
    assert f'data-clip="{clip.pk}"' in words(client, f"{PAGE}?state=uploaded")
    client.post(f"{PAGE}/{clip.pk}", {"decision": "pass", "state": "uploaded"})
    clip.refresh_from_db()
    assert clip.state == "passed"


def test_what_another_decided_before_is_said(
    sitting: Sitting, manager: Person, ruled: Campaign
) -> None:
    clip = judged_clip(sitting, snr_db=15)
    client = signed_in(manager)
    client.post(f"{PAGE}/{clip.pk}", {"decision": "reject"})
    client.post(f"/v1/clips/{clip.pk}/review", {"decision": "pass"}, "application/json")
    headers = {"X-Fragment": "1", "Accept": "application/json"}
    answer = client.post(f"{PAGE}/{clip.pk}", {"decision": "reject"}, headers=headers)
    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:fieldvoice:problem:not-reviewable"


def test_to_hear_is_to_be_written_down(sitting: Sitting, manager: Person, ruled: Campaign) -> None:
    clip = judged_clip(sitting, snr_db=15)
    client = signed_in(manager)
    assert "store" not in words(client)
    assert not AuditEvent.objects.filter(act="clip.hear").exists()
    url = client.post(f"/console/clips/{clip.pk}/hear").json()["url"]
    assert "X-Amz-Signature" in url
    assert AuditEvent.objects.filter(act="clip.hear", subject=f"clip:{clip.pk}").count() == 1


@pytest.mark.parametrize("query", ["state=passed", "state=x", "after=1"])
def test_another_question_is_refused(manager: Person, ruled: Campaign, query: str) -> None:
    assert signed_in(manager).get(f"{PAGE}?{query}").status_code == 400


def test_a_wrong_decision_is_refused(sitting: Sitting, manager: Person, ruled: Campaign) -> None:
    clip = judged_clip(sitting, snr_db=15)
    client = signed_in(manager)
    for body in ({"decision": "maybe"}, {}, {"decision": "reject", "reasons": ["A B"]}):
        assert client.post(f"{PAGE}/{clip.pk}", body).status_code == 400
    clip.refresh_from_db()
    assert clip.state == "review"


def test_only_reviewers_of_the_campaign_come_in(
    sitting: Sitting, manager: Person, ruled: Campaign
) -> None:
    clip = judged_clip(sitting, snr_db=15)
    other = make_campaign("autumn")
    assert Client().get(PAGE).status_code == 302
    for role, where, status in (
        (policy.SCIENTIST, ruled, 403),
        (policy.VENDOR, ruled, 404),
        (policy.MANAGER, other, 404),
    ):
        client = signed_in(make_person(role, where, name=f"{role}-one"))
        assert client.get(PAGE).status_code == status
        assert client.post(f"{PAGE}/{clip.pk}", {"decision": "pass"}).status_code == status
    elsewhere = f"/console/campaigns/autumn/review/{clip.pk}"
    both = signed_in(make_person(policy.MANAGER, None, name="both"))
    assert both.post(elsewhere, {"decision": "pass"}).status_code == 404
    assert "/review" in words(signed_in(manager), "/console/campaigns/spring")
