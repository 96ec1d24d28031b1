"""The page on which a phone's saved copy is brought, and what became of its clips."""

from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from backend.campaigns.models import Campaign
from backend.console.access import campaign_at, page
from backend.imports.api import VERB
from backend.imports.models import ClipImport, ImportedClip, ImportState, Outcome
from backend.imports.services import job_key, standing_of
from backend.jobs.models import Job
from backend.problems import Problem

SHOWN = 10
REFUSED_SHOWN = 200


@dataclass(frozen=True)
class ImportLine:
    """An import with how far it is, its counts, and why clips were refused."""

    row: ClipImport
    state: str
    progress: dict[str, Any]
    error: str
    counts: list[tuple[str, int]]
    refused: list[tuple[str, list[UUID]]]


def import_lines(campaign: Campaign) -> list[ImportLine]:
    """Return the newest imports, by four queries however many clips they hold."""
    rows = list(ClipImport.objects.filter(campaign=campaign).order_by("-created_at")[:SHOWN])
    jobs = {job.key: job for job in Job.objects.filter(key__in=[job_key(row) for row in rows])}
    results = ImportedClip.objects.filter(clip_import__in=rows)
    counts: dict[UUID, dict[str, int]] = defaultdict(dict)
    for import_id, outcome, n in (
        results.values_list("clip_import", "outcome").annotate(n=Count("pk")).order_by()
    ):
        counts[import_id][outcome] = n
    refused: dict[UUID, dict[str, list[UUID]]] = defaultdict(lambda: defaultdict(list))
    for import_id, problem, clip_id in (
        results.filter(outcome=Outcome.REFUSED)
        .order_by("problem", "pk")
        .values_list("clip_import", "problem", "clip_id")[:REFUSED_SHOWN]
    ):
        refused[import_id][_title(problem)].append(clip_id)
    lines = []
    for row in rows:
        job = jobs.get(job_key(row))
        state = standing_of(row, job) if job else row.state
        lines.append(
            ImportLine(
                row=row,
                state=state,
                progress=job.progress if job else {},
                error=row.error or (job.error if job and state == ImportState.FAILED else ""),
                counts=[(one.label, counts[row.pk].get(one, 0)) for one in Outcome],
                refused=list(refused[row.pk].items()),
            )
        )
    return lines


@lru_cache(maxsize=1)
def _titles() -> dict[str, str]:
    def below(kind: type[Problem]) -> list[type[Problem]]:
        return [inner for child in kind.__subclasses__() for inner in (child, *below(child))]

    return {kind.slug: kind.title for kind in below(Problem)}


def _title(slug: str) -> str:
    """Return a problem in words: a manager reads no slugs."""
    return _titles().get(slug, slug)


def _facts(request: HttpRequest, slug: str) -> dict[str, Any]:
    campaign = campaign_at(request, slug, VERB)
    return {"campaign": campaign, "lines": import_lines(campaign)}


@require_safe
@page
def imports(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the form and the imports."""
    return render(request, "console/imports.html", _facts(request, slug))


@require_safe
@page
def live(request: HttpRequest, slug: str) -> HttpResponse:
    """The imports alone, for the page that refreshes itself."""
    return render(request, "console/imports_list.html", _facts(request, slug))
