"""Plans as they are sent and shown: JSON, YAML or CSV, each with its faults where they stand."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from backend.campaigns.models import Campaign
from backend.coverage.models import CoveragePlan
from backend.coverage.plan_csv import CsvPlan, read_csv, write_csv
from backend.coverage.plan_values import Fault
from backend.coverage.plan_words import in_order
from backend.coverage.plan_yaml import read_yaml, write_yaml
from backend.coverage.planning import PlanFaulty, current_plan, write_plan
from backend.parsing import parse_json

FORMATS: Final = ("yaml", "csv")
# What an answer holds besides the plan; sent back it is read over.
_OF_ANSWERS: Final = frozenset({"made_at", "made_by", "goals", "rebinning"})


@dataclass(frozen=True)
class ReadPlan:
    """A document that was sent, with the version from which its writer went out."""

    document: dict[str, Any]
    seen: int | None = None
    csv: CsvPlan | None = None

    @contextmanager
    def faults_by_line(self) -> Iterator[None]:
        """Tell the faults of a table by the lines in which they stand."""
        try:
            yield
        except PlanFaulty as faulty:
            if self.csv is None or not faulty.errors:
                raise
            raise _faulty(self.csv.by_line(faulty.errors)) from None


def read_plan_text(*, campaign: Campaign, body: Any, kind: str) -> ReadPlan:
    """Read a plan; `body`: a JSON value, or the text of a `yaml` or `csv` file.

    Raises PlanFaulty for what is none of these. Whether the plan is sound is asked of others.
    """
    if kind == "csv":
        table = read_csv(
            str(body), current_plan(campaign_id=campaign.pk).document, campaign.dimensions
        )
        if table.faults:
            raise _faulty(table.faults)
        return ReadPlan(table.document, csv=table)
    if kind == "yaml":
        value, faults = read_yaml(str(body))
        if faults:
            raise _faulty(faults)
        # As strictly as a JSON body: no halves of characters, no endless numbers.
        body = parse_json(json.dumps(value).encode())
    if not isinstance(body, dict):
        raise _faulty([{"field": "", "message": "A plan is an object."}])
    document = {name: value for name, value in body.items() if name not in _OF_ANSWERS}
    seen = document.pop("version", None)
    if seen is not None and type(seen) is not int:
        raise _faulty([{"field": "version", "message": "A whole number."}])
    return ReadPlan({name: value for name, value in document.items() if value is not None}, seen)


def write_read_plan(
    *, campaign: Campaign, read: ReadPlan, actor: str, now: datetime
) -> tuple[CoveragePlan, bool]:
    """Write a plan that was read as the next version; raises PlanFaulty, PlanMoved."""
    with read.faults_by_line():
        return write_plan(
            campaign=campaign, document=read.document, actor=actor, now=now, seen=read.seen
        )


def plan_as_text(plan: CoveragePlan, kind: str) -> str:
    """Return a version of the plan as the text of a file."""
    if kind == "csv":
        return write_csv(plan.document)
    return write_yaml({"version": plan.version} | in_order(plan.document))


def _faulty(faults: list[Fault]) -> PlanFaulty:
    return PlanFaulty(f"{len(faults)} faults.", errors=faults)
