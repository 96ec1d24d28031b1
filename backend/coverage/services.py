"""Create and change a campaign: with its consent forms below it and its cells here, at once."""

import hashlib
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max

from backend import policy
from backend.accounts.models import Membership, User
from backend.campaigns.models import Campaign
from backend.campaigns.services import default_rules, write_profile
from backend.coverage.plan import dimensions_of
from backend.coverage.planning import PlanFaulty, begin_plan, check_plan, write_plan
from backend.jobs.services import record_audit
from backend.problems import Malformed, Problem
from backend.speakers.demographics import DEFAULT_FIELDS
from backend.speakers.models import ConsentForm

DEFAULT_DIMENSIONS = ["gender", "age_band"]
DEFAULT_ANNOTATION = {"type": "transcription", "overlap": 1}
_CHANGEABLE = ("name", "state", "annotation", "max_seconds", "max_bytes")


class SlugTaken(Problem):
    """Another campaign has this name."""

    slug, status, title = "slug-taken", 409, "There is a campaign with this slug."


def create_campaign(
    *,
    slug: str,
    name: str,
    language: str,
    consent_forms: list[dict[str, Any]],
    actor: str,
    now: datetime,
    demographics: list[dict[str, Any]] | None = None,
    dimensions: list[str] | None = None,
    targets: dict[str, Any] | None = None,
    annotation: dict[str, Any] | None = None,
    max_seconds: int = 60,
    max_bytes: int = 20_000_000,
    manager: User | None = None,
) -> Campaign:
    """Create a campaign ready to collect: forms, the default quality profile, cells with targets.

    Raises SlugTaken, or Malformed for targets that do not fit the dimensions.
    """
    plan = targets or {"unit": "clips", "cells": []}
    usual = dimensions if dimensions is not None else DEFAULT_DIMENSIONS
    fields = demographics if demographics is not None else DEFAULT_FIELDS
    try:
        check_plan(document=plan, dimensions=usual, fields=fields)
    except PlanFaulty as faulty:
        raise _of_targets(faulty) from None
    try:
        with transaction.atomic():
            campaign = Campaign.objects.create(
                slug=slug,
                name=name,
                language=language,
                demographics=fields,
                dimensions=dimensions_of(plan, usual),
                targets=plan,
                annotation=annotation or DEFAULT_ANNOTATION,
                max_seconds=max_seconds,
                max_bytes=max_bytes,
                created_at=now,
            )
            write_profile(campaign=campaign, rules=default_rules(), actor=actor, now=now)
            for form in consent_forms:
                _add_form(campaign=campaign, form=form, now=now)
            begin_plan(campaign=campaign, actor=actor, now=now)
            if manager is not None:
                Membership.objects.create(user=manager, campaign=campaign, role=policy.MANAGER)
            record_audit(actor=actor, act="campaign.create", subject=f"campaign:{slug}", now=now)
    except IntegrityError as error:
        raise SlugTaken() from error
    return campaign


def change_campaign(
    *, campaign: Campaign, changes: dict[str, Any], actor: str, now: datetime
) -> Campaign:
    """Change name, state, annotation, bounds or targets; add consent forms (a new version).

    Raises Malformed for targets that are no plan.
    """
    with transaction.atomic():
        row = Campaign.objects.select_for_update().get(pk=campaign.pk)
        own = [name for name in _CHANGEABLE if name in changes]
        for name in own:
            setattr(row, name, changes[name])
        row.save(update_fields=own)
        for form in changes.get("consent_forms", []):
            _add_form(campaign=row, form=form, now=now)
        if "targets" in changes:
            try:
                write_plan(campaign=row, document=changes["targets"], actor=actor, now=now)
            except PlanFaulty as faulty:
                raise _of_targets(faulty) from None
        record_audit(
            actor=actor,
            act="campaign.change",
            subject=f"campaign:{row.slug}",
            now=now,
            detail={"fields": sorted(changes)},
        )
    return row


def _of_targets(faulty: PlanFaulty) -> Malformed:
    """Say the same of the field in which a campaign's own calls take the plan."""
    return Malformed(
        errors=[
            {"field": f"targets.{fault['field']}", "message": fault["message"]}
            for fault in faulty.errors or []
        ]
    )


def _add_form(*, campaign: Campaign, form: dict[str, Any], now: datetime) -> ConsentForm:
    """Add a form; the same text is the same form, another one the locale's next version."""
    digest = hashlib.sha256(form["text"].encode()).hexdigest()
    same = ConsentForm.objects.filter(
        campaign=campaign, locale=form["locale"], sha256=digest, retired_at=None
    ).first()
    if same is not None:
        return same
    older = ConsentForm.objects.filter(campaign=campaign, locale=form["locale"])
    version = (older.aggregate(v=Max("version"))["v"] or 0) + 1
    older.filter(retired_at=None).update(retired_at=now)
    return ConsentForm.objects.create(
        campaign=campaign,
        version=version,
        locale=form["locale"],
        text=form["text"],
        scopes=sorted(form["scopes"]),
        sha256=digest,
        created_at=now,
    )
