"""Prompts in a campaign, and the job that fills its shortlists, as tests ask for them."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from backend.campaigns.models import Campaign, Prompt
from backend.campaigns.services import import_prompts
from backend.clips.models import Clip
from backend.coverage.models import Shortlist
from backend.jobs.models import Job
from tests.factories import Sitting, sent, upload_clip
from tests.sounds import speech_like, wav
from workers.jobs import fill_shortlists as job
from workers.registry import JobRun

_SOUND = wav(speech_like(1.0))


def add_prompts(campaign: Campaign, *lines: str, columns: str = "text") -> list[Prompt]:
    """Import a file of these lines; returns its prompts in order."""
    body = "\n".join([columns, *lines])
    prompt_set, _, _ = import_prompts(
        campaign=campaign, body=body, name="more", actor="system", now=timezone.now()
    )
    return list(prompt_set.prompts.order_by("position"))


def numbered(count: int) -> list[str]:
    """Return so many sentences that differ."""
    nouns = ("bridge", "garden", "engine", "teacher", "window", "orange", "valley", "church")
    return [
        f"Our {nouns[n % 8]} and the {nouns[n // 8 % 8]} saw {n} {nouns[n // 64 % 8]}s."
        for n in range(count)
    ]


def fill(campaign: Campaign) -> dict[str, Any]:
    """Run the job; returns its result."""
    row = Job.objects.create(
        kind="fill_shortlists",
        key=f"test:{timezone.now().timestamp()}",
        subject=str(campaign.pk),
        state="running",
        attempts=1,
        run_after=timezone.now(),
        announce_at=timezone.now(),
        created_at=timezone.now(),
        leased_until=timezone.now() + timedelta(minutes=5),
    )
    job.fill_shortlists(JobRun(row))
    row.refresh_from_db()
    result: dict[str, Any] = row.progress["result"]
    return result


def wear(campaign: Campaign) -> None:
    """Let every list of the campaign be due."""
    Shortlist.objects.filter(campaign=campaign).update(worn_at=timezone.now())


def asked(sitting: Sitting, count: int = 20) -> list[dict[str, Any]]:
    """Ask for the next prompts as the phone does."""
    slug = sitting.phone.campaign.slug
    path = f"/v1/campaigns/{slug}/prompts?session={sitting.session}&count={count}"
    prompts: list[dict[str, Any]] = sent(sitting.phone.get(path))["prompts"]
    return prompts


def texts(prompts: list[dict[str, Any]]) -> list[str]:
    """Return what is to be said."""
    return [prompt["text"] for prompt in prompts]


def record(sitting: Sitting, prompt: dict[str, Any]) -> Clip:
    """Record a prompt and send it home."""
    return upload_clip(sitting, _SOUND, prompt=prompt["id"])
