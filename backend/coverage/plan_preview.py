"""What a plan would do, counted and not done: the cells' targets, and whom it puts elsewhere."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from backend.campaigns.models import Campaign
from backend.coverage.models import Cell, CellSpeaker
from backend.coverage.plan import CellGoal, dimensions_of, mode_of, unit_of
from backend.coverage.planning import (
    binning_differs,
    check_plan,
    current_plan,
    goals_in_force,
    goals_of,
)
from backend.speakers.bands import OUTSIDE, bands_of
from backend.speakers.cells import (
    DECLINED,
    SESSION_DIMENSIONS,
    UNKNOWN,
    cell_key,
    levels_of,
)
from backend.speakers.models import Speaker

_SPEAKERS_AT_ONCE: Final = 2000


@dataclass
class _People:
    """The campaign's speakers as the plan would see them."""

    all: int = 0
    moving: int = 0
    # In a cell that counts to no target, for want of an answer or of a band.
    uncounted: int = 0
    cells: dict[UUID, str] = field(default_factory=dict)


@dataclass
class _Amounts:
    clips: int = 0
    milliseconds: int = 0
    speakers: int = 0

    def in_unit(self, unit: str) -> float:
        """Return what is accepted, in a plan's unit."""
        if unit == "speakers":
            return self.speakers
        return self.milliseconds / 1000 if unit == "seconds" else self.clips


def preview_plan(*, campaign: Campaign, document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what writing the plan would change; raises PlanFaulty.

    Read from counters and from what speakers said, no clip is looked at. `accepted` is None where a
    plan asks by sittings and the one that holds does not: only the job that looks at each clip's
    sitting can tell.
    """
    check_plan(document=document, dimensions=campaign.dimensions, fields=campaign.demographics)
    before = current_plan(campaign_id=campaign.pk)
    dimensions = dimensions_of(document, campaign.dimensions)
    whole = {**document, "dimensions": dimensions}
    rebins = binning_differs(before.document, whole)
    goals = goals_of(campaign=campaign, document=document)
    targets = {goal.key: goal.target for goal in goals_in_force(campaign)}
    people = _people(campaign, whole)
    accepted = _accepted(campaign, people if rebins else None)
    told = not (rebins and set(dimensions) & set(SESSION_DIMENSIONS))
    cells = [
        goal_facts(goal)
        | {
            "before": targets.get(goal.key),
            "accepted": accepted.get(goal.key, _Amounts()).in_unit(unit_of(document))
            if told
            else None,
        }
        for goal in goals
    ]
    wanted = {goal.key for goal in goals}
    dropped = [
        {"key": levels_of(key), "target": target}
        for key, target in sorted(targets.items())
        if key not in wanted
    ]
    return {
        "version": before.version,
        "unit": unit_of(document),
        "mode": mode_of(document),
        "rebins": rebins,
        "total": sum(goal.target for goal in goals),
        "speakers": {
            "all": people.all,
            "moving": people.moving if rebins else 0,
            "uncounted": people.uncounted,
        },
        "cells": cells,
        "dropped": dropped,
        "summary": _summary(cells, dropped, people, rebins=rebins),
    }


def goal_facts(goal: CellGoal) -> dict[str, Any]:
    """Return a goal as the API shows it."""
    most = goal.max_ms_per_speaker
    return {
        "key": levels_of(goal.key),
        "target": goal.target,
        "min_speakers": goal.min_speakers,
        "max_seconds_per_speaker": None if most is None else most / 1000,
    }


def _people(campaign: Campaign, document: Mapping[str, Any]) -> _People:
    """Put every speaker where the plan would."""
    bands, found = bands_of(document), _People()
    speakers = Speaker.objects.filter(campaign=campaign)
    rows = speakers.values_list("pk", "cell", "demographics", "created_at")
    for speaker_id, cell, said, created_at in rows.iterator(chunk_size=_SPEAKERS_AT_ONCE):
        key = cell_key(said, document["dimensions"], created_at.date(), bands)
        found.all += 1
        found.moving += int(key != cell)
        found.uncounted += int(_counts_nowhere(key))
        found.cells[speaker_id] = key
    return found


def _counts_nowhere(key: str) -> bool:
    levels = levels_of(key)
    own = {level for name, level in levels.items() if name not in SESSION_DIMENSIONS}
    return bool({UNKNOWN, DECLINED, OUTSIDE} & own)


def _accepted(campaign: Campaign, people: _People | None) -> dict[str, _Amounts]:
    """Return what is accepted by cell: as counted, or as the speakers would be placed."""
    if people is None:
        cells = Cell.objects.filter(campaign=campaign)
        return {
            cell.key: _Amounts(cell.accepted_clips, cell.accepted_ms, cell.accepted_speakers)
            for cell in cells
        }
    found: dict[str, _Amounts] = {}
    counted: set[UUID] = set()
    for speaker_id, clips, milliseconds in _shares(campaign):
        key = people.cells.get(speaker_id)
        if key is not None:
            amounts = found.setdefault(key, _Amounts())
            amounts.clips += clips
            amounts.milliseconds += milliseconds
            # Of several cells of before they come to one.
            amounts.speakers += int(speaker_id not in counted)
            counted.add(speaker_id)
    return found


def _shares(campaign: Campaign) -> Iterator[tuple[UUID, int, int]]:
    rows = CellSpeaker.objects.filter(cell__campaign=campaign, accepted_clips__gt=0)
    names = ("speaker_id", "accepted_clips", "accepted_ms")
    yield from rows.values_list(*names).iterator(chunk_size=_SPEAKERS_AT_ONCE)


def _summary(
    cells: list[dict[str, Any]], dropped: list[dict[str, Any]], people: _People, *, rebins: bool
) -> str:
    new = sum(cell["before"] is None for cell in cells)
    other = sum(cell["before"] not in (None, cell["target"]) for cell in cells)
    full = sum((cell["accepted"] or 0) >= cell["target"] for cell in cells)
    said = [f"{len(cells)} cells: {new} new, {other} with another target, {full} full already."]
    if dropped:
        said.append(f"{len(dropped)} targets are dropped.")
    if rebins:
        said.append(
            f"{people.moving} of {people.all} speakers move to another cell with all their clips, "
            f"{people.uncounted} would count to no target."
        )
    return " ".join(said)
