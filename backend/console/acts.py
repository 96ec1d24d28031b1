"""What a person does on a campaign's page: enrol phones, release, retry, hear."""

from datetime import timedelta
from uuid import UUID

import segno
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from backend.accounts.permissions import person_holds
from backend.accounts.services import issue_enrolment_code
from backend.clips.models import Clip
from backend.console.access import actor_at, campaign_at, check_verb, page, person_at
from backend.console.panels import is_job_of
from backend.coverage.api import EnrolmentCodeIn, enrolment_url
from backend.jobs.models import Job
from backend.jobs.services import retry_job
from backend.problems import NotAllowed, NotFound
from backend.quality.hearing import open_to_ear
from backend.releases.api import ReleaseIn
from backend.releases.services import draft_release


@require_POST
@page
def issue_code(request: HttpRequest, slug: str) -> HttpResponse:
    """Make an enrolment code and show it: in this answer, and nowhere else again."""
    campaign = campaign_at(request, slug, "enrolment.issue")
    form = EnrolmentCodeIn(
        data={"uses": request.POST.get("uses", 1), "hours": request.POST.get("hours", 72)}
    )
    form.is_valid(raise_exception=True)
    row, code = issue_enrolment_code(
        campaign_id=campaign.pk,
        uses=form.validated_data["uses"],
        valid_for=timedelta(hours=form.validated_data["hours"]),
        actor=actor_at(request),
        now=timezone.now(),
    )
    url = enrolment_url(code)
    picture = segno.make(url, error="m").svg_data_uri(scale=6, border=4, light="white")
    facts = {"campaign": campaign, "row": row, "code": code, "url": url, "picture": picture}
    return render(request, "console/enrolment_code.html", facts)


@require_POST
@page
def build_release(request: HttpRequest, slug: str) -> HttpResponse:
    """Start a release with the default recipe; its progress is on the page."""
    campaign = campaign_at(request, slug, "release.build")
    form = ReleaseIn(data={"version": request.POST.get("version", ""), "recipe": {}})
    form.is_valid(raise_exception=True)
    release, made = draft_release(
        campaign=campaign,
        version=form.validated_data["version"],
        recipe=form.validated_data["recipe"],
        actor=actor_at(request),
        now=timezone.now(),
    )
    said = "is being built" if made else "was asked for before"
    messages.success(request, f"Release {release.version} {said}.")
    return redirect("console:campaign", slug=slug)


@require_POST
@page
def retry(request: HttpRequest, slug: str, job_id: UUID) -> HttpResponse:
    """Start a failed job of this campaign again."""
    campaign = campaign_at(request, slug, "job.retry")
    everywhere = person_holds(person_at(request), "job.retry", None)
    job = Job.objects.filter(pk=job_id).first()
    if job is None or not is_job_of(campaign, job, everywhere=everywhere):
        raise NotFound()
    retry_job(job_id=str(job.pk), actor=actor_at(request), now=timezone.now())
    messages.success(request, f"The job {job.kind} starts again.")
    return redirect("console:campaign", slug=slug)


@require_POST
@page
def hear(request: HttpRequest, clip_id: UUID) -> HttpResponse:
    """Answer a link of five minutes to a clip's sound, as `{url}`."""
    user = person_at(request)
    clip = Clip.objects.filter(pk=clip_id).first()
    if clip is None:
        raise NotFound()
    check_verb(user, "campaign.read", clip.campaign_id, NotFound)
    check_verb(user, "clip.hear", clip.campaign_id, NotAllowed)
    url = open_to_ear(clip=clip, actor=actor_at(request), now=timezone.now())
    return JsonResponse({"url": url})
