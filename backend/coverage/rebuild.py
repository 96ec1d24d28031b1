"""Count a campaign anew, compare with its counters, say what was wrong, put it right.

Nothing stops for it. Moves only ever add, so what a counter was off by at the moment of the
comparison is what it is off by later, too: adding that much makes it what the shadow says and all
that has moved since, which is what swapping the tables would give if every writer stood still.
"""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from backend.coverage.counters import add_to_cell, add_to_speaker, cell_id_of, make_rows
from backend.coverage.models import CounterProof
from backend.coverage.shadow import Gap, find_gaps
from backend.jobs.services import record_audit

# What a person reads of what was wrong.
_SHOWN: Final = 100

_log = logging.getLogger("fieldvoice.coverage")


@dataclass(frozen=True)
class Rebuilt:
    """What was wrong: nothing, when both are empty."""

    cells: list[Gap]
    speakers: list[Gap]

    @property
    def right(self) -> bool:
        """Say whether every counter was what it must be."""
        return not self.cells and not self.speakers


def rebuild_counters(
    *,
    campaign_id: UUID,
    shares: QuerySet[Any, Any],
    actor: str,
    now: datetime,
    mend: bool = True,
) -> Rebuilt:
    """Compare a campaign's counters with a recount, and put right what differs if it is to mend.

    `shares`: see find_gaps. What was wrong is logged as an error and stands in the campaign's
    CounterProof, and so in /metrics, until a recount finds all right. Two at once take turns.
    """
    CounterProof.objects.get_or_create(campaign_id=campaign_id)
    with transaction.atomic():
        # By a statement of its own, so that the next one sees what a rebuild before us has added.
        proof = CounterProof.objects.select_for_update().get(pk=campaign_id)
        gaps = find_gaps(campaign_id=campaign_id, shares=shares)
        found = Rebuilt(
            cells=[gap for gap in gaps if gap.speaker_id is None],
            speakers=[gap for gap in gaps if gap.speaker_id is not None],
        )
        if mend and not found.right:
            _swap(campaign_id, found)
            record_audit(
                actor=actor,
                act="counters.rebuild",
                subject=f"campaign:{campaign_id}",
                now=now,
                detail={"cells": len(found.cells), "speakers": len(found.speakers)},
            )
        proof.at = now
        proof.wrong_cells, proof.wrong_speakers = len(found.cells), len(found.speakers)
        shown = [*found.cells[:_SHOWN], *found.speakers[:_SHOWN]]
        proof.differences = [gap.as_dict() for gap in shown]
        proof.save()
    if not found.right:
        facts = {"cells": len(found.cells), "speakers": len(found.speakers), "mended": mend}
        _log.error("coverage.counters_wrong", extra={"campaign": str(campaign_id), **facts})
    return found


def _swap(campaign_id: UUID, found: Rebuilt) -> None:
    """Add what lacks: to the speakers' rows, then to the cells', in the order of every move."""
    of_cells = {gap.cell: dict(gap.off) for gap in found.cells}
    lacking = {
        (campaign_id, gap.cell, gap.speaker_id): gap.off
        for gap in found.speakers
        if gap.speaker_id is not None
    }
    for key in sorted({*of_cells, *(key for _, key, _ in lacking)}):
        cell_id_of(campaign_id, key)
    for place in make_rows(places=lacking).values():
        _, key, speaker_id = place
        of_cell = of_cells.setdefault(key, {})
        gained = add_to_speaker(
            campaign_id=campaign_id, key=key, speaker_id=speaker_id, changes=lacking[place]
        )
        for name, amount in gained.items():
            of_cell[name] = of_cell.get(name, 0) + amount
    for key, off in sorted(of_cells.items()):
        changes = {name: amount for name, amount in off.items() if amount}
        if changes:
            add_to_cell(campaign_id=campaign_id, key=key, changes=changes)
