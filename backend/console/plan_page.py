"""The page of a campaign's plan: what it asks, its versions, and what another would change."""

from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from backend.accounts.permissions import person_holds
from backend.campaigns.models import Campaign
from backend.console.access import actor_at, campaign_at, page, person_at
from backend.coverage.models import CoveragePlan
from backend.coverage.plan import mode_of, unit_of
from backend.coverage.plan_files import ReadPlan, plan_as_text, read_plan_text, write_read_plan
from backend.coverage.plan_preview import preview_plan
from backend.coverage.plan_words import changes_between
from backend.coverage.plan_yaml import write_yaml
from backend.coverage.planning import current_plan, rebinning_of
from backend.coverage.quota import Standing
from backend.coverage.standing import read_standings
from backend.parsing import parse_text
from backend.problems import Problem, TooLarge
from backend.speakers.bands import OLDEST_AGE, bands_of

VERSIONS_SHOWN: Final = 10
CELLS_SHOWN: Final = 300
_LARGEST_FILE: Final = 5_000_000


@dataclass(frozen=True)
class VersionLine:
    """A version with what it changed of the one before."""

    plan: CoveragePlan
    changes: list[str]


def version_lines(campaign: Campaign) -> list[VersionLine]:
    """Return the newest versions, each with what it changed."""
    rows = CoveragePlan.objects.filter(campaign=campaign).order_by("-version")
    plans = list(rows[: VERSIONS_SHOWN + 1])
    befores: list[CoveragePlan | None] = [*plans[1:], None]
    lines = [
        VersionLine(plan, changes_between(before.document, plan.document) if before else [])
        for plan, before in zip(plans, befores, strict=True)
    ]
    return lines[:VERSIONS_SHOWN]


def cell_lines(campaign: Campaign) -> list[Standing]:
    """Return the cells: with targets first, then what came without being asked for."""
    standings = read_standings(campaign=campaign, now=timezone.now())
    cells = [
        cell
        for cell in standings.cells.values()
        if cell.target is not None or cell.accepted or cell.pending
    ]
    return sorted(cells, key=lambda cell: (cell.target is None, cell.key))


def band_words(document: dict[str, Any]) -> list[str]:
    """Return the plan's own age bands in words; none where it leaves the usual ones."""
    return [
        f"{band.name} ({band.first} and older)"
        if band.last >= OLDEST_AGE
        else f"{band.name} ({band.first} to {band.last})"
        for band in bands_of(document) or ()
    ]


def _read(request: HttpRequest, campaign: Campaign) -> ReadPlan:
    """Read the plan of a form: of the file if there is one, else of the text."""
    sent = request.FILES.get("file")
    if sent is None:
        return read_plan_text(campaign=campaign, body=request.POST.get("plan", ""), kind="yaml")
    if (sent.size or 0) > _LARGEST_FILE:
        raise TooLarge(f"At most {_LARGEST_FILE:,} bytes.")
    table = PurePath(sent.name or "").suffix.lower() == ".csv"
    # JSON is read as YAML, of which it is a part.
    kind = "csv" if table else "yaml"
    return read_plan_text(campaign=campaign, body=parse_text(sent.read()), kind=kind)


def _facts(campaign: Campaign) -> dict[str, Any]:
    return {"campaign": campaign, "rebinning": rebinning_of(campaign)}


@require_safe
@page
def live(request: HttpRequest, slug: str) -> HttpResponse:
    """Show how far the clips of before are brought, for the page that refreshes itself."""
    campaign = campaign_at(request, slug, "coverage.read")
    return render(request, "console/rebinning.html", _facts(campaign))


@require_http_methods(["GET", "HEAD", "POST"])
@page
def plan(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the plan; try another, or write it."""
    campaign = campaign_at(request, slug, "coverage.read")
    shown: dict[str, Any] = {}
    status = 200
    if request.method == "POST":
        campaign = campaign_at(request, slug, "targets.write")
        shown["text"] = request.POST.get("plan", "")
        try:
            read = _read(request, campaign)
            seen = request.POST.get("version", "")
            if read.seen is None and seen.isascii() and seen.isdigit():
                read = ReadPlan(read.document, int(seen), read.csv)
            # A file that was read stands in the form, to be looked at, changed and written.
            shown["text"] = write_yaml(read.document)
            if request.POST.get("act") == "save":
                written, made = write_read_plan(
                    campaign=campaign, read=read, actor=actor_at(request), now=timezone.now()
                )
                said = "holds" if made else "holds already"
                messages.success(request, f"Version {written.version} {said}.")
                return redirect("console:plan", slug=slug)
            with read.faults_by_line():
                shown["preview"] = preview_plan(campaign=campaign, document=read.document)
        except Problem as problem:
            shown["problem"], status = problem, problem.status
    current = current_plan(campaign_id=campaign.pk)
    cells = cell_lines(campaign)
    facts = _facts(campaign) | {
        "plan": current,
        "unit": unit_of(current.document),
        "mode": mode_of(current.document),
        "bands": band_words(current.document),
        "cells": cells[:CELLS_SHOWN],
        "more_cells": max(0, len(cells) - CELLS_SHOWN),
        "versions": version_lines(campaign),
        "may_write": person_holds(person_at(request), "targets.write", campaign.pk),
        "text": plan_as_text(current, "yaml").removeprefix(f"version: {current.version}\n"),
    }
    return render(request, "console/plan.html", facts | shown, status=status)
