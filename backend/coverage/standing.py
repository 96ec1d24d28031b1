"""Read how a campaign's cells stand: counters only, nothing is scanned."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from backend.campaigns.models import Campaign
from backend.coverage.counters import NOTHING_HELD, Held
from backend.coverage.models import Cell, Hold
from backend.coverage.quota import USUAL_CLIP_MS, Standing, held_speakers, p_accept


@dataclass(frozen=True)
class Standings:
    """All cells of a campaign by key, and how long a clip of it usually is."""

    unit: str
    cells: dict[str, Standing]
    clip_ms: int

    @property
    def has_targets(self) -> bool:
        """Say whether the campaign asks for anything in particular."""
        return any(cell.target is not None for cell in self.cells.values())


def read_standings(*, campaign: Campaign, now: datetime, besides: Iterable[Hold] = ()) -> Standings:
    """Read the cells in the campaign's unit.

    A hold that has expired, or is of a phone that left, is not counted, though the sweep has not
    released it yet; nor are `besides`, for whoever asks what is open to the phone that has them.
    """
    unit = campaign.targets.get("unit", "clips")
    rows = list(Cell.objects.filter(campaign=campaign).order_by("key"))
    stale = Hold.objects.filter(campaign=campaign, cell__isnull=False).stale(now)
    dropped = dropped_of([*stale, *(hold for hold in besides if hold.expires_at > now)])
    clips = sum(row.accepted_clips + row.pending_clips for row in rows)
    ms = sum(row.accepted_ms + row.pending_ms for row in rows)
    clip_ms = usual_clip_ms(campaign, clips, ms)
    cells = {
        row.key: standing_of(
            row, unit=unit, clip_ms=clip_ms, dropped=dropped.get(row.pk, NOTHING_HELD)
        )
        for row in rows
    }
    return Standings(unit, cells, clip_ms)


def usual_clip_ms(campaign: Campaign, clips: int, milliseconds: int) -> int:
    """Return how long a clip of this campaign usually is, from all that it has."""
    usual = round(milliseconds / clips) if clips else USUAL_CLIP_MS
    return min(max(usual, 1000), campaign.max_seconds * 1000)


def dropped_of(holds: Iterable[Hold]) -> dict[int, Held]:
    """Return what of these holds still stands in the cells, by the cell's id."""
    dropped: dict[int, Held] = {}
    for hold in holds:
        if hold.cell_id is not None:
            before = dropped.get(hold.cell_id, NOTHING_HELD)
            clips, milliseconds = hold.left()
            dropped[hold.cell_id] = Held(before.clips + clips, before.milliseconds + milliseconds)
    return dropped


def standing_of(cell: Cell, *, unit: str, clip_ms: int, dropped: Held = NOTHING_HELD) -> Standing:
    """Return a cell's row in the campaign's unit, less the promises that no longer stand."""
    held_clips = cell.held_clips - dropped.clips
    accepted: float = cell.accepted_clips
    pending: float = cell.pending_clips
    held: float = held_clips
    chance = p_accept(cell.accepted_clips, cell.accepted_clips + cell.rejected_clips)
    most = cell.max_ms_per_speaker
    most_of_one = None if most is None else most / clip_ms
    if unit == "speakers":
        accepted, pending = cell.accepted_speakers, cell.waiting_speakers
        held = held_speakers(held_clips)
        # One clip of a sitting's that passes makes a speaker.
        chance, most_of_one = 1.0, 1.0
    elif unit == "seconds":
        accepted, pending = cell.accepted_ms / 1000, cell.pending_ms / 1000
        held = (cell.held_ms - dropped.milliseconds) / 1000
        most_of_one = None if most is None else most / 1000
    return Standing(
        key=cell.key,
        target=cell.target,
        accepted=accepted,
        pending=pending,
        held=held,
        speakers=cell.accepted_speakers,
        p_accept=chance,
        speakers_coming=cell.waiting_speakers,
        min_speakers=cell.min_speakers,
        max_per_speaker=most_of_one,
    )
