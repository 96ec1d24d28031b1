"""Write a campaign's plan: its next version, its cells' goals, and what follows for the clips."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from backend.campaigns.models import Campaign
from backend.coverage.counters import Held, move_held
from backend.coverage.models import Cell, CoveragePlan, Hold
from backend.coverage.plan import CellGoal, dimensions_of, plan_goals
from backend.coverage.plan_faults import plan_faults
from backend.coverage.supply import read_pool
from backend.jobs.models import Job
from backend.jobs.services import enqueue_job, record_audit
from backend.problems import Malformed, Problem
from backend.speakers.bands import bands_of

REBIN_KIND: Final = "rebin_speakers"
_SHOWN_FAULTS: Final = 1000


class PlanFaulty(Malformed):
    """The document is no plan; `errors` names every fault by its field, or by its line."""

    slug, status, title = "plan-faulty", 422, "The plan was not taken."


class PlanMoved(Problem):
    """Somebody wrote another plan while this one was changed from the one before."""

    slug, status, title = "plan-moved", 409, "Another plan was written meanwhile."


def check_plan(
    *,
    document: Mapping[str, Any],
    dimensions: Sequence[str],
    fields: Sequence[Mapping[str, Any]],
) -> None:
    """Raise PlanFaulty with every fault that can be named at once."""
    found = plan_faults(document, dimensions=dimensions, fields=fields)
    if found:
        raise PlanFaulty(f"{len(found)} faults.", errors=found[:_SHOWN_FAULTS])


def current_plan(*, campaign_id: UUID) -> CoveragePlan:
    """Return the newest version of a campaign's plan."""
    return CoveragePlan.objects.filter(campaign_id=campaign_id).order_by("-version")[:1].get()


def goals_of(*, campaign: Campaign, document: Mapping[str, Any]) -> list[CellGoal]:
    """Return the goals of a sound plan by whom the campaign has met so far."""
    return plan_goals(
        document,
        dimensions=dimensions_of(document, campaign.dimensions),
        fields=campaign.demographics,
        people=read_pool(campaign.pk),
    )


def goals_in_force(campaign: Campaign) -> list[CellGoal]:
    """Return the goals that the cells have, as they were fitted when the plan was written."""
    cells = Cell.objects.filter(campaign=campaign, target__isnull=False).order_by("key")
    return [goal for cell in cells if (goal := _goal_of(cell)) is not None]


def rebin_key(campaign: Campaign) -> str:
    """Return the key of the job that brings speakers and clips to the campaign's binning."""
    return f"{REBIN_KIND}:{campaign.pk}:{campaign.binning}"


def rebinning_of(campaign: Campaign) -> dict[str, Any] | None:
    """Return `{state, done, total, clips, error}` of that job; None where no plan moved anybody."""
    job = Job.objects.filter(key=rebin_key(campaign)).first()
    if job is None:
        return None
    progress = job.progress
    return {
        "state": job.state,
        "done": progress.get("done", 0),
        "total": progress.get("total", 0),
        "clips": progress.get("result", {}).get("clips", 0),
        "error": job.error,
    }


def begin_plan(*, campaign: Campaign, actor: str, now: datetime) -> CoveragePlan:
    """Write the first version of a campaign that was just made; its plan was checked before."""
    plan = CoveragePlan.objects.create(
        campaign=campaign,
        version=1,
        document=campaign.targets | {"dimensions": campaign.dimensions},
        made_at=now,
        made_by=actor,
    )
    _write_goals(campaign, goals_of(campaign=campaign, document=campaign.targets))
    return plan


def write_plan(
    *,
    campaign: Campaign,
    document: dict[str, Any],
    actor: str,
    now: datetime,
    seen: int | None = None,
) -> tuple[CoveragePlan, bool]:
    """Write a plan as the next version; returns (version, whether it is new).

    The plan that holds, sent again, changes nothing. `seen`: the version from which the writer
    went out. When the dimensions or the age bands change, clips that begin to count from now on do
    so in the new cells, a job brings those of before, and what phones were promised of the old
    cells is given back: what they record all the same is taken. Raises PlanFaulty, PlanMoved.
    """
    with transaction.atomic():
        # The row is the lock between two writers of the next version, and those who promise
        # (holds.py) queue at it; clips that come refer to it, so it is not FOR UPDATE.
        row = Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)
        before = current_plan(campaign_id=row.pk)
        if seen is not None and seen != before.version:
            raise PlanMoved(f"Version {before.version} holds now.", version=before.version)
        check_plan(document=document, dimensions=row.dimensions, fields=row.demographics)
        dimensions = dimensions_of(document, row.dimensions)
        whole = document | {"dimensions": dimensions}
        if whole == before.document:
            return before, False
        plan = CoveragePlan.objects.create(
            campaign=row, version=before.version + 1, document=whole, made_at=now, made_by=actor
        )
        rebins = binning_differs(before.document, whole)
        row.targets, row.dimensions = document, dimensions
        row.binning += int(rebins)
        row.save(update_fields=["targets", "dimensions", "binning"])
        if rebins:
            _give_promises_back(row, now)
            enqueue_job(kind=REBIN_KIND, key=rebin_key(row), subject=str(row.pk), now=now)
        _write_goals(row, goals_of(campaign=row, document=document))
        record_audit(
            actor=actor,
            act="targets.write",
            subject=f"campaign:{row.slug}",
            now=now,
            detail={"version": plan.version, "rebins": rebins},
        )
    for name in ("targets", "dimensions", "binning"):
        setattr(campaign, name, getattr(row, name))
    return plan, True


def binning_differs(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Say whether a plan puts people into other cells than another; both name their dimensions."""
    return before["dimensions"] != after["dimensions"] or bands_of(before) != bands_of(after)


def _give_promises_back(campaign: Campaign, now: datetime) -> None:
    """Release what is promised of cells: their keys are no longer made.

    Holds before counters, cells by key, as everywhere (holds.py).
    """
    holds = list(
        Hold.objects.filter(campaign=campaign, cell__isnull=False)
        .open()
        .select_for_update(of=("self",))
        .select_related("cell")
        .order_by("pk")
    )
    freed: dict[tuple[str, int], list[tuple[int, int]]] = {}
    for hold in holds:
        if hold.cell is not None:
            freed.setdefault((hold.cell.key, hold.cell.pk), []).append(hold.left())
    Hold.objects.filter(pk__in=[hold.pk for hold in holds]).update(released_at=now)
    for (_, cell_id), left in sorted(freed.items()):
        clips, milliseconds = (-sum(amounts) for amounts in zip(*left, strict=True))
        move_held(cell_id=cell_id, held=Held(clips, milliseconds))


def _write_goals(campaign: Campaign, goals: Sequence[CellGoal]) -> None:
    """Give every cell its goal, and those that the plan does not name none."""
    wanted = {goal.key: goal for goal in goals}
    known = {cell.key: cell for cell in Cell.objects.filter(campaign=campaign)}
    new = [_set(Cell(campaign=campaign, key=key), wanted[key]) for key in wanted.keys() - known]
    # A clip that makes its cell in this moment is faster, or waits: then it is set below.
    Cell.objects.bulk_create(
        sorted(new, key=lambda cell: cell.key), ignore_conflicts=True, batch_size=1000
    )
    known |= {
        cell.key: cell
        for cell in Cell.objects.filter(campaign=campaign, key__in=[cell.key for cell in new])
    }
    # One by one by their keys, the order in which cells are locked.
    for key in sorted(known):
        goal = wanted.get(key)
        if _goal_of(known[key]) != goal:
            cell = _set(known[key], goal)
            cell.save(update_fields=["target", "min_speakers", "max_ms_per_speaker"])


def _goal_of(cell: Cell) -> CellGoal | None:
    if cell.target is None:
        return None
    return CellGoal(cell.key, cell.target, cell.min_speakers, cell.max_ms_per_speaker)


def _set(cell: Cell, goal: CellGoal | None) -> Cell:
    cell.target = None if goal is None else goal.target
    cell.min_speakers = 0 if goal is None else goal.min_speakers
    cell.max_ms_per_speaker = None if goal is None else goal.max_ms_per_speaker
    return cell
