"""A campaign's page: who sees it, what each panel shows, what its buttons do."""

import re
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from django.test import Client
from django.utils import timezone

from annotation.models import Instance, Vendor
from backend import policy
from backend.accounts.models import EnrolmentCode
from backend.accounts.services import enrol_device
from backend.campaigns.models import Campaign
from backend.clips.models import Clip
from backend.clips.withdrawal import withdraw_clip
from backend.jobs.models import AuditEvent, Job, JobState
from backend.jobs.services import enqueue_job
from backend.releases.models import Release
from tests.cast import Person, make_campaign, make_person
from tests.factories import Sitting, announce_clip, upload_clip
from tests.sounds import silence, speech_like, wav
from tests.walk import passed_clip, run_job

PAGE = "/console/campaigns/spring"


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person.user)
    return client


def words(client: Client, address: str = PAGE) -> str:
    """Return a page's text with its white space folded."""
    answer = client.get(address)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def failed_job(subject: object, kind: str = "check_quality") -> Job:
    now = timezone.now()
    job = enqueue_job(kind=kind, key=f"test:{uuid4()}", subject=str(subject), now=now)
    Job.objects.filter(pk=job.pk).update(
        state=JobState.FAILED, finished_at=now, error="The decoder died."
    )
    return job


# Who sees what


def test_the_list_holds_only_campaigns_in_which_one_may_read(manager: Person) -> None:
    make_campaign("autumn", name="Autumn by the sea")
    page = words(signed_in(manager), "/console/")
    assert "Spring in the valley" in page
    assert "Autumn" not in page


def test_a_manager_of_another_campaign_finds_nothing(manager: Person, sitting: Sitting) -> None:
    clip = upload_clip(sitting)
    job = failed_job(clip.pk)
    stranger = signed_in(
        make_person(policy.MANAGER, make_campaign("autumn"), name="stranger@example.org")
    )
    assert stranger.get(PAGE).status_code == 404
    assert stranger.get(f"{PAGE}/live").status_code == 404
    assert stranger.post(f"{PAGE}/enrolment-codes").status_code == 404
    assert stranger.post(f"{PAGE}/releases", {"version": "1.0.0"}).status_code == 404
    assert stranger.post(f"{PAGE}/jobs/{job.pk}/retry").status_code == 404
    assert stranger.post(f"/console/clips/{clip.pk}/hear").status_code == 404
    # Nor by way of their own campaign's page.
    assert stranger.post(f"/console/campaigns/autumn/jobs/{job.pk}/retry").status_code == 404


def test_there_is_no_page_for_a_campaign_that_does_not_exist(manager: Person) -> None:
    answer = signed_in(manager).get("/console/campaigns/winter")
    assert answer.status_code == 404
    assert b"There is nothing at this address" in answer.content


def test_a_vendor_sees_no_campaign(campaign: Campaign) -> None:
    vendor = signed_in(make_person(policy.VENDOR, campaign))
    assert vendor.get(PAGE).status_code == 404


def test_a_scientist_reads_hears_and_releases_but_enrols_nobody(
    sitting: Sitting, campaign: Campaign
) -> None:
    clip = upload_clip(sitting)
    scientist = signed_in(make_person(policy.SCIENTIST, campaign))
    page = words(scientist)
    assert "Build release" in page
    assert "QR code" not in page
    assert "Failed jobs" not in page
    assert scientist.post(f"{PAGE}/enrolment-codes").status_code == 403
    assert scientist.post(f"{PAGE}/jobs/{failed_job(clip.pk).pk}/retry").status_code == 403
    assert scientist.post(f"/console/clips/{clip.pk}/hear").status_code == 200


def test_an_operator_sees_jobs_and_hears_nothing(sitting: Sitting, campaign: Campaign) -> None:
    clip = upload_clip(sitting)
    operator = signed_in(make_person(policy.OPERATOR, campaign))
    page = words(operator)
    assert "Failed jobs" in page
    assert "Latest clips" not in page
    assert "Build release" not in page
    assert operator.post(f"/console/clips/{clip.pk}/hear").status_code == 403
    assert operator.post(f"{PAGE}/releases", {"version": "1.0.0"}).status_code == 403


def test_nothing_is_done_without_the_forms_own_token(manager: Person) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(manager.user)
    assert client.post(f"{PAGE}/enrolment-codes").status_code == 403
    assert not EnrolmentCode.objects.exists()


def test_pages_are_not_cached_and_run_no_foreign_code(manager: Person) -> None:
    answer = signed_in(manager).get(PAGE)
    assert "no-store" in answer["Cache-Control"]
    rules = answer["Content-Security-Policy"]
    assert "default-src 'none'" in rules
    assert "script-src 'self';" in rules
    assert "unsafe" not in rules
    assert not re.search(r"<script(?![^>]*src=)|style=|onclick", answer.content.decode())


# What the panels show


def test_counts_coverage_and_clips_are_shown(manager: Person, sitting: Sitting) -> None:
    passed_clip(sitting)
    announce_clip(sitting, wav(speech_like(2.0, seed=5)))
    page = words(signed_in(manager))
    assert "<strong>1</strong> passed" in page
    assert "<strong>1</strong> expected" in page
    assert "<strong>2</strong> all clips" in page
    assert 'aria-label="0% accepted, 10% pending"' in page
    assert "The bus to the market leaves at half past seven." in page
    assert "female, 30-39" in page
    assert "active level dbov" in page
    assert str(sitting.speaker) not in page


def test_a_rejected_clip_says_why(manager: Person, sitting: Sitting) -> None:
    clip = upload_clip(sitting, wav(silence(3.0)))
    run_job("check_quality", clip.pk)
    page = words(signed_in(manager), f"{PAGE}?state=rejected")
    assert "<strong>silent</strong> Nothing was heard." in page
    assert "peak 0, bound 0.003" in page


def test_the_list_of_clips_can_be_narrowed_to_a_state(manager: Person, sitting: Sitting) -> None:
    upload_clip(sitting)
    client = signed_in(manager)
    assert "No clip here yet." in words(client, f"{PAGE}?state=accepted")
    assert "data-hear" in words(client, f"{PAGE}?state=uploaded")
    assert "data-hear" in words(client, f"{PAGE}?state=%00nonsense")


def test_the_prompts_text_is_never_markup(manager: Person, sitting: Sitting) -> None:
    clip = upload_clip(sitting)
    clip.prompt.text = "<script>alert(1)</script>"
    clip.prompt.save()
    assert "<script>alert" not in words(signed_in(manager))


def test_the_live_fragment_is_the_panels_alone(manager: Person) -> None:
    fragment = words(signed_in(manager), f"{PAGE}/live")
    assert 'data-panel="counts"' in fragment
    assert "<html" not in fragment


def test_label_studios_state_is_shown_without_its_secrets(
    manager: Person, campaign: Campaign
) -> None:
    client = signed_in(manager)
    assert "No instance is connected yet." in words(client)
    now = timezone.now()
    vendor = Vendor.objects.create(name="Listeners Ltd", created_at=now)
    Instance.objects.create(
        vendor=vendor,
        base_url="http://label.example.org",
        sealed_token="sealed-and-secret",
        webhook_secret="hook-and-secret",
        state="away",
        last_error="no answer",
        created_at=now,
    )
    page = words(client)
    assert "Listeners Ltd" in page
    assert "no answer" in page
    assert "secret" not in page


# What the buttons do


def test_an_enrolment_code_is_shown_once_with_its_qr_code(manager: Person) -> None:
    client = signed_in(manager)
    answer = client.post(f"{PAGE}/enrolment-codes", {"uses": "3", "hours": "24"})
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    page = answer.content.decode()
    found = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", page)
    assert found
    code = found[0]
    assert f"http://testserver/app/#code={code}" in page
    assert 'src="data:image/svg+xml' in page
    row = EnrolmentCode.objects.get()
    assert row.uses_allowed == 3
    assert row.expires_at - row.created_at == timedelta(hours=24)
    assert code not in words(client)
    assert "0 phones enrolled" in words(client)
    enrol_device(code=code, install_id="install-1", name="Ada", user_agent="", now=timezone.now())
    assert "1 phone enrolled" in words(client)


@pytest.mark.parametrize("values", [{"uses": "0"}, {"uses": "x"}, {"hours": "100000"}])
def test_a_code_with_senseless_bounds_is_refused_in_words(
    manager: Person, values: dict[str, str]
) -> None:
    answer = signed_in(manager).post(f"{PAGE}/enrolment-codes", values)
    assert answer.status_code == 400
    assert next(iter(values)) in answer.content.decode()


def test_a_release_is_started_and_its_progress_shown(manager: Person) -> None:
    client = signed_in(manager)
    assert 'value="1.0.0"' in words(client)
    answer = client.post(f"{PAGE}/releases", {"version": "1.0.0"}, follow=True)
    assert "Release 1.0.0 is being built." in answer.content.decode()
    release = Release.objects.get()
    assert release.created_by == f"user:{manager.user.pk}"
    job = Job.objects.get(kind="build_release", subject=str(release.pk))
    Job.objects.filter(pk=job.pk).update(progress={"done": 7, "total": 20, "note": "shards"})
    page = words(client)
    assert '<progress value="7" max="20"' in page
    assert "7 of 20, shards" in page
    assert 'value="1.1.0"' in page


def test_a_version_that_is_none_is_refused_in_words(manager: Person) -> None:
    answer = signed_in(manager).post(f"{PAGE}/releases", {"version": "latest"})
    assert answer.status_code == 400
    assert "version" in answer.content.decode()
    assert not Release.objects.exists()


def test_a_failed_job_is_shown_and_started_again(manager: Person, sitting: Sitting) -> None:
    clip = upload_clip(sitting)
    job = failed_job(clip.pk)
    client = signed_in(manager)
    page = words(client)
    assert "The decoder died." in page
    answer = client.post(f"{PAGE}/jobs/{job.pk}/retry", follow=True)
    assert "The job check_quality starts again." in answer.content.decode()
    job.refresh_from_db()
    assert job.state == JobState.QUEUED
    assert AuditEvent.objects.get(act="job.retry").actor == f"user:{manager.user.pk}"
    assert "The decoder died." not in words(client)
    assert client.post(f"{PAGE}/jobs/{job.pk}/retry").status_code == 409


def test_a_job_of_no_campaign_is_for_those_whose_role_holds_everywhere(
    manager: Person, campaign: Campaign
) -> None:
    job = failed_job("instance-7", kind="push_tasks")
    own = signed_in(manager)
    assert "push tasks" not in words(own)
    assert own.post(f"{PAGE}/jobs/{job.pk}/retry").status_code == 404
    everywhere = signed_in(make_person(policy.MANAGER, None, name="chief@example.org"))
    assert "push tasks" in words(everywhere)
    assert everywhere.post(f"{PAGE}/jobs/{job.pk}/retry").status_code == 302


def test_a_clip_is_heard_by_a_link_and_the_hearing_is_written_down(
    manager: Person, sitting: Sitting
) -> None:
    sound = wav(speech_like(2.0))
    clip = upload_clip(sitting, sound)
    client = signed_in(manager)
    address = f"/console/clips/{clip.pk}/hear"
    assert client.get(address).status_code == 405
    link = client.post(address).json()["url"]
    assert httpx.get(link, timeout=120).content == sound
    assert AuditEvent.objects.get(act="clip.hear").subject == f"clip:{clip.pk}"
    run_job("check_quality", clip.pk)
    heard = httpx.get(client.post(address).json()["url"], timeout=120)
    assert heard.content.startswith(b"fLaC")
    assert heard.headers["Content-Type"] == "audio/flac"


def test_a_withdrawn_or_missing_clip_is_not_heard(manager: Person, sitting: Sitting) -> None:
    client = signed_in(manager)
    awaited, _ = announce_clip(sitting, wav(speech_like(2.0)))
    headers = {"Accept": "application/json"}
    answer = client.post(f"/console/clips/{awaited}/hear", headers=headers)
    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:fieldvoice:problem:bytes-missing"
    clip = upload_clip(sitting)
    withdraw_clip(clip_id=clip.pk, actor="system", reason="", now=timezone.now())
    assert client.post(f"/console/clips/{clip.pk}/hear").status_code == 410
    assert client.post(f"/console/clips/{uuid4()}/hear").status_code == 404
    assert Clip.objects.get(pk=clip.pk).state == "withdrawn"
