"""The page of the quality rules: what holds, what a change would do, and how far it is done."""

import json
import re
from typing import Any

import pytest
from django.test import Client

from backend import policy
from backend.campaigns.models import Campaign, QualityProfile
from backend.jobs.models import Job
from backend.quality.rejudging import job_key
from tests.cast import Person, make_person
from tests.factories import Sitting
from tests.judged import judged_clip, rules, write_rules
from workers.jobs.rejudge_clips import rejudge_clips
from workers.registry import JobRun

PAGE = "/console/campaigns/spring/rules"


def signed_in(person: Person) -> Client:
    """Return a browser in which the person is signed in."""
    client = Client()
    client.force_login(person.user)
    return client


def folded(answer: Any, status: int = 200) -> str:
    """Return a page's text with its white space folded."""
    assert answer.status_code == status
    return re.sub(r"\s+", " ", answer.content.decode())


@pytest.fixture
def ruled(campaign: Campaign) -> Campaign:
    """A campaign that rejects under 10 dB and reviews under 20 dB."""
    write_rules(campaign, noisy=10, review=20)
    return campaign


def test_the_rules_that_hold_are_shown_with_their_versions(
    manager: Person, ruled: Campaign
) -> None:
    write_rules(ruled, noisy=12, review=20)
    page = folded(signed_in(manager).get(PAGE))
    assert "version 3" in page
    assert "snr db &lt; 12" in page
    assert "noisy reject: snr_db &lt; 10 → 12" in page
    assert "Please find a quieter place" in page


def test_a_change_is_tried_and_nothing_is_written(
    sitting: Sitting, manager: Person, ruled: Campaign
) -> None:
    judged_clip(sitting, snr_db=15)
    wanted = json.dumps(rules(noisy=16))
    page = folded(signed_in(manager).post(PAGE, {"rules": wanted, "act": "preview"}))
    assert "1 clip would change." in page
    assert '<span class="pill review">review</span> → <span class="pill rejected">' in page
    assert "&quot;threshold&quot;: 16" in page
    assert QualityProfile.objects.filter(campaign=ruled).count() == 2


def test_a_change_is_written_and_its_progress_is_shown(
    sitting: Sitting, manager: Person, ruled: Campaign
) -> None:
    judged_clip(sitting, snr_db=15)
    client = signed_in(manager)
    wanted = json.dumps(rules(noisy=16))
    page = folded(client.post(PAGE, {"rules": wanted, "act": "save"}, follow=True))
    assert "Version 3 holds." in page
    assert '<span class="pill queued">queued</span>' in page
    job = Job.objects.get(key=job_key(ruled.pk, 3))
    Job.objects.filter(pk=job.pk).update(state="running", attempts=1)
    job.refresh_from_db()
    rejudge_clips(JobRun(job))
    live = folded(client.get(f"{PAGE}/live"))
    assert "1 looked at, 1 judged, 1 changed." in live
    assert "<html" not in live


@pytest.mark.parametrize("text", ["", "[", "{}", '[{"code": "x"}]', "[NaN]"])
def test_what_is_no_profile_is_refused_and_not_lost(
    manager: Person, ruled: Campaign, text: str
) -> None:
    for act in ("preview", "save"):
        answer = signed_in(manager).post(PAGE, {"rules": text, "act": act})
        assert answer.status_code in (400, 422)
        assert 'role="alert"' in answer.content.decode()
    assert QualityProfile.objects.filter(campaign=ruled).count() == 2


def test_who_changes_rules_that_another_changed_is_told(manager: Person, ruled: Campaign) -> None:
    client = signed_in(manager)
    assert 'name="version" value="2"' in folded(client.get(PAGE))
    write_rules(ruled, noisy=12)
    body = {"rules": json.dumps(rules(noisy=16)), "act": "save", "version": "2"}
    page = folded(client.post(PAGE, body), 409)
    assert "Version 3 holds now" in page
    assert "&quot;threshold&quot;: 16" in page
    client.post(PAGE, body | {"version": "3"})
    assert QualityProfile.objects.filter(campaign=ruled).count() == 4


def test_a_failed_job_is_shown_and_can_be_started_again(manager: Person, ruled: Campaign) -> None:
    job = Job.objects.get(key=job_key(ruled.pk, 2))
    Job.objects.filter(pk=job.pk).update(state="failed", error="No room.")
    client = signed_in(manager)
    assert "No room." in folded(client.get(PAGE))
    assert "No room." in folded(client.get("/console/campaigns/spring"))
    client.post(f"/console/campaigns/spring/jobs/{job.pk}/retry")
    job.refresh_from_db()
    assert job.state == "queued"


def test_only_who_may_read_rules_comes_in(ruled: Campaign) -> None:
    assert Client().get(PAGE).status_code == 302
    scientist = signed_in(make_person(policy.SCIENTIST, ruled))
    assert scientist.get(PAGE).status_code == 403
    assert scientist.post(PAGE, {"rules": "[]", "act": "save"}).status_code == 403
