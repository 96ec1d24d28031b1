"""The shadow: a campaign's counters counted anew, beside those that stand, by one statement.

One statement reads the clips, the promises and the counters as of one moment. Counters move in the
transaction of their event, so at any moment both must be equal, whatever is being written.
"""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import F, QuerySet, Sum
from django.db.models.functions import Greatest

from backend.coverage.counters import SHARE_COLUMNS, prepared
from backend.coverage.models import Hold

_OF_CELL: Final = ("held_clips", "held_ms", "accepted_speakers", "waiting_speakers")
_COLUMNS: Final = (*SHARE_COLUMNS, *_OF_CELL)


@dataclass(frozen=True)
class Gap:
    """What a cell's counters lack, or a speaker's in that cell: `{column: n}`."""

    cell: str
    speaker_id: UUID | None
    off: dict[str, int]

    def as_dict(self) -> dict[str, Any]:
        """Return it for people."""
        speaker = {"speaker": str(self.speaker_id)} if self.speaker_id else {}
        return {"cell": self.cell, **speaker, "off": self.off}


def find_gaps(*, campaign_id: UUID, shares: QuerySet[Any, Any]) -> list[Gap]:
    """Return what the counters lack, cell by cell and speaker by speaker; nothing if all is right.

    `shares`: rows of (cell key, speaker_id, the sums of SHARE_COLUMNS), of every clip that counts.
    A cell's two counts of speakers are compared with the speakers' rows as they are: putting such
    a row right moves them, as any move does.
    """
    counted_sql, counted = _sql(shares)
    promised_sql, promised = _sql(_promised(campaign_id))
    campaign = prepared(campaign_id)
    zeros = ", ".join("0" for _ in SHARE_COLUMNS)
    names = ", ".join(SHARE_COLUMNS)
    less = ", ".join(f"-{name}" for name in SHARE_COLUMNS)
    statement = f"""
        WITH shares (cell, speaker_id, {names}) AS MATERIALIZED ({counted_sql}),
        promised (cell, clips, ms) AS ({promised_sql}),
        rows_now AS MATERIALIZED (
            SELECT c.key AS cell, s.speaker_id, {", ".join(f"s.{name}" for name in SHARE_COLUMNS)}
            FROM coverage_cellspeaker s JOIN coverage_cell c ON c.id = s.cell_id
            WHERE c.campaign_id = %s
        ),
        of_speakers AS (
            SELECT cell, speaker_id, {names} FROM shares
            UNION ALL SELECT cell, speaker_id, {less} FROM rows_now
        ),
        of_cells (cell, {", ".join(_COLUMNS)}) AS (
            SELECT cell, {names}, 0, 0, 0, 0 FROM shares
            UNION ALL SELECT cell, {zeros}, 0, 0,
                CASE WHEN accepted_clips > 0 THEN 1 ELSE 0 END,
                CASE WHEN pending_clips > 0 AND accepted_clips <= 0 THEN 1 ELSE 0 END
                FROM rows_now
            UNION ALL SELECT cell, {zeros}, clips, ms, 0, 0 FROM promised
            UNION ALL SELECT key, {", ".join(f"-{name}" for name in _COLUMNS)}
                FROM coverage_cell WHERE campaign_id = %s
        )
        SELECT cell, speaker_id, {_sums(SHARE_COLUMNS)}, 0, 0, 0, 0
        FROM of_speakers GROUP BY cell, speaker_id HAVING {_some(SHARE_COLUMNS)}
        UNION ALL
        SELECT cell, NULL, {_sums(_COLUMNS)}
        FROM of_cells GROUP BY cell HAVING {_some(_COLUMNS)}
    """  # noqa: S608 - names of columns of ours
    with connection.cursor() as cursor:
        cursor.execute(statement, [*counted, *promised, campaign, campaign])
        return [_gap(row) for row in cursor.fetchall()]


def _gap(row: tuple[Any, ...]) -> Gap:
    cell, speaker, *amounts = row
    off = {name: int(n) for name, n in zip(_COLUMNS, amounts, strict=True) if n}
    return Gap(cell, None if speaker is None else UUID(str(speaker)), off)


def _sums(names: tuple[str, ...]) -> str:
    return ", ".join(f"SUM({name})" for name in names)


def _some(names: tuple[str, ...]) -> str:
    return " OR ".join(f"SUM({name}) <> 0" for name in names)


def _sql(rows: QuerySet[Any, Any]) -> tuple[str, tuple[Any, ...]]:
    sql, values = rows.query.get_compiler(connection=connection).as_sql()
    return sql, tuple(values)


def _promised(campaign_id: UUID) -> QuerySet[Any, tuple[Any, ...]]:
    """Sum what is left of a campaign's promises by cell; see Hold.left."""
    left = Hold.objects.open().filter(campaign_id=campaign_id, used_clips__lt=F("clips"))
    return (
        left.exclude(cell=None)
        .order_by()
        .values_list("cell__key")
        .annotate(n=Sum(F("clips") - F("used_clips")), ms=Sum(Greatest(F("ms") - F("used_ms"), 0)))
    )
