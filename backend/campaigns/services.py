"""Import prompts, write a quality profile's next version."""

import hashlib
import json
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from backend.campaigns.models import Campaign, Prompt, PromptSet, QualityProfile
from backend.campaigns.prompts_file import read_prompts
from backend.jobs.services import enqueue_job, record_audit
from backend.problems import Malformed

DEFAULT_PROFILE = Path(__file__).with_name("default_profile.json")


class PromptsFaulty(Malformed):
    """The file has faults; nothing of it was taken."""

    slug, status, title = "prompts-faulty", 422, "The prompts were not imported."


@lru_cache(maxsize=1)
def default_rules() -> list[dict[str, Any]]:
    """Return the quality rules a campaign starts with."""
    rules: list[dict[str, Any]] = json.loads(DEFAULT_PROFILE.read_text(encoding="utf-8"))
    return rules


def write_profile(
    *, campaign: Campaign, rules: list[Any], actor: str, now: datetime
) -> QualityProfile:
    """Write the next version of a campaign's quality profile; the rules were validated before."""
    with transaction.atomic():
        # The campaign's row is the lock between two writers of the same next version.
        Campaign.objects.select_for_update().get(pk=campaign.pk)
        latest = QualityProfile.objects.filter(campaign=campaign).aggregate(v=Max("version"))["v"]
        profile = QualityProfile.objects.create(
            campaign=campaign,
            version=(latest or 0) + 1,
            rules=rules,
            created_at=now,
            created_by=actor,
        )
        record_audit(
            actor=actor,
            act="profile.write",
            subject=f"campaign:{campaign.slug}",
            now=now,
            detail={"version": profile.version},
        )
    return profile


def current_profile(*, campaign_id: UUID) -> QualityProfile:
    """Return the newest profile of a campaign."""
    return QualityProfile.objects.filter(campaign_id=campaign_id).order_by("-version")[:1].get()


def import_prompts(
    *, campaign: Campaign, body: str, name: str, actor: str, now: datetime
) -> tuple[PromptSet, int, bool]:
    """Import a CSV or JSON Lines file, all or nothing; returns (set, prompts, whether it is new).

    The same file again gives the same set. Raises PromptsFaulty with every fault's line.
    """
    rows, faults = read_prompts(body, language=campaign.language, max_seconds=campaign.max_seconds)
    if faults:
        raise PromptsFaulty(
            f"{len(faults)} faults.",
            errors=[
                {"field": f"line {fault.line}", "message": fault.message} for fault in faults[:1000]
            ],
        )
    digest = hashlib.sha256(body.encode()).hexdigest()
    with transaction.atomic():
        Campaign.objects.select_for_update().get(pk=campaign.pk)
        known = PromptSet.objects.filter(campaign=campaign, digest=digest).first()
        if known is not None:
            return known, known.prompts.count(), False
        prompt_set = PromptSet.objects.create(
            campaign=campaign, name=name, digest=digest, created_at=now
        )
        last = Prompt.objects.filter(campaign=campaign).aggregate(p=Max("position"))["p"] or 0
        Prompt.objects.bulk_create(
            [
                Prompt(
                    campaign=campaign,
                    prompt_set=prompt_set,
                    position=last + offset,
                    kind=row.kind,
                    text=row.text,
                    language=row.language,
                    direction=row.direction,
                    max_seconds=row.max_seconds,
                    repeats=row.repeats,
                    block=row.block,
                    cap=row.cap,
                )
                for offset, row in enumerate(rows, start=1)
            ],
            batch_size=1000,
        )
        record_audit(
            actor=actor,
            act="prompt.import",
            subject=f"campaign:{campaign.slug}",
            now=now,
            detail={"set": str(prompt_set.id), "prompts": len(rows)},
        )
        enqueue_job(
            kind="fill_shortlists",
            key=f"fill_shortlists:{campaign.id}:{prompt_set.id}",
            subject=str(campaign.id),
            now=now,
        )
    return prompt_set, len(rows), True
