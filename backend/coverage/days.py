"""Write down how the cells stand, day by day, and read it as the history that forecasts need."""

from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

import numpy as np

from backend.campaigns.models import Campaign
from backend.coverage.forecast import History
from backend.coverage.models import Cell, CellDay

# Four half-lives: what is older weighs less than a sixteenth.
HISTORY_DAYS: Final = 56
# With thousands of cells fewer days are read, for an answer in good time; no fewer than these.
_HISTORY_AT_LEAST: Final = 14
_ROWS_AT_MOST: Final = 50_000
_COUNTED: Final = (
    "accepted_clips",
    "accepted_ms",
    "accepted_speakers",
    "pending_clips",
    "pending_ms",
    "rejected_clips",
)
_AT_ONCE: Final = 1000


def note_cell_days(*, campaign_id: UUID, now: datetime) -> int:
    """Write how a campaign's cells stand today; again on the same day it writes it anew.

    Returns how many cells. Cells are copied in the order of their ids, so that two who write at
    once wait for each other and do not deadlock.
    """
    cells = Cell.objects.filter(campaign_id=campaign_id).order_by("pk")
    days = [
        CellDay(cell_id=pk, day=now.date(), **dict(zip(_COUNTED, counts, strict=True)))
        for pk, *counts in cells.values_list("pk", *_COUNTED)
    ]
    CellDay.objects.bulk_create(
        days,
        batch_size=_AT_ONCE,
        update_conflicts=True,
        unique_fields=["cell", "day"],
        update_fields=_COUNTED,
    )
    return len(days)


def read_history(*, campaign: Campaign, keys: list[str], unit: str, today: date) -> History:
    """Return the last weeks of these cells, whole days alone, in the campaign's unit.

    Before its first row a cell was not there: what it had then is NaN. Days and cells are few: the
    cost does not depend on the number of clips.
    """
    days_back = min(HISTORY_DAYS, max(_HISTORY_AT_LEAST, _ROWS_AT_MOST // max(len(keys), 1)))
    since = today - timedelta(days=days_back)
    rows = list(
        CellDay.objects.filter(cell__campaign=campaign, day__gte=since, day__lt=today)
        .order_by("day")
        .values_list(
            "day",
            "cell__key",
            "accepted_speakers",
            {"clips": "accepted_clips", "seconds": "accepted_ms"}.get(unit, "accepted_speakers"),
            "accepted_clips",
            "pending_clips",
            "rejected_clips",
        )
    )
    days = sorted({row[0] for row in rows})
    columns = {day: column for column, day in enumerate(days)}
    lines = {key: line for line, key in enumerate(keys)}
    speakers, amounts = np.full((2, len(keys), len(days)), np.nan)
    clips = np.zeros(len(days))
    for day, key, people, amount, *buckets in rows:
        column = columns[day]
        clips[column] += sum(buckets)
        if key in lines:
            speakers[lines[key], column] = people
            amounts[lines[key], column] = amount / 1000 if unit == "seconds" else amount
    return History(days, speakers, amounts, clips)
