"""What a rehearsal ends with: the table for people, the one JSON line for machines, the verdict."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

STAGES = ("receipts", "verdicts", "labels", "release")
# A damaged clip that stands in one of these has passed a check that should have stopped it.
PASSED = frozenset({"passed", "annotating", "disputed", "accepted"})
# Recordings of people are not all spotless: one that ends within a word, or an unusual reader, may
# go to a person. Turned away it must not be, nor may most of them wait for somebody.
_MOST_REJECTED = 0.03
_LEAST_PASSING = 0.75
# A synthesiser is no person: models that were trained on people find some of its voices poor.
_MOST_REJECTED_VOICES = 0.15
_LEAST_PASSING_VOICES = 0.4


@dataclass
class Outcome:
    """Everything that was counted; `within` are the undamaged clips within the profile's bounds."""

    until: str
    synthetic: bool = False
    sent: int = 0
    receipts: int = 0
    states: "Counter[str]" = field(default_factory=Counter)
    reasons: "Counter[str]" = field(default_factory=Counter)
    unaccounted: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)
    doubled: int = 0
    damaged: int = 0
    damaged_passed: list[str] = field(default_factory=list)
    within: int = 0
    within_passed: int = 0
    within_rejected: int = 0
    labels: int = 0
    unheard: int = 0
    unlabelled: int = 0
    release_rows: int = 0
    loaded_rows: int = 0
    wrong_rows: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    coverage: list[dict[str, Any]] = field(default_factory=list)
    network: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    def failures(self) -> list[str]:
        """Return everything that must not be, in words; empty when the rehearsal succeeded."""
        reached = STAGES.index(self.until)
        found = list(self.faults)
        if self.unaccounted:
            found.append(
                f"{len(self.unaccounted)} clips unaccounted for: {_some(self.unaccounted)}"
            )
        without = self.sent - self.receipts - self.states["refused"]
        if without:
            found.append(f"{without} clips without a receipt")
        if self.differing:
            found.append(f"{len(self.differing)} receipts differ: {_some(self.differing)}")
        if self.doubled:
            found.append(f"{self.doubled} clips are there twice")
        if self.damaged_passed:
            found.append(
                f"{len(self.damaged_passed)} damaged clips passed: {_some(self.damaged_passed)}"
            )
        least = _LEAST_PASSING_VOICES if self.synthetic else _LEAST_PASSING
        if reached >= 1 and self.within_passed < least * self.within:
            found.append(f"only {self.within_passed} of {self.within} good clips passed")
        most = _MOST_REJECTED_VOICES if self.synthetic else _MOST_REJECTED
        if reached >= 1 and self.within_rejected > max(1, most * self.within):
            found.append(f"{self.within_rejected} of {self.within} good clips were rejected")
        if reached >= 2 and self.unlabelled:
            found.append(f"{self.unlabelled} clips that passed were not accepted")
        if reached >= 2 and self.unheard:
            found.append(f"{self.unheard} sounds could not be heard from Label Studio")
        if reached >= 3:
            found += self._release_failures()
        return found

    def _release_failures(self) -> list[str]:
        found = []
        if self.wrong_rows:
            found.append(f"{len(self.wrong_rows)} loaded rows are wrong: {_some(self.wrong_rows)}")
        if not self.release_rows or self.release_rows != self.loaded_rows:
            found.append(f"{self.loaded_rows} of {self.release_rows} rows were loaded")
        if self.release_rows != self.states["accepted"]:
            found.append(
                f"{self.states['accepted']} clips accepted, {self.release_rows} in the release"
            )
        return found

    def line(self) -> str:
        """Return the one JSON line."""
        return json.dumps(
            {
                "sent": self.sent,
                "receipts": self.receipts,
                "states": dict(sorted(self.states.items())),
                "reasons": dict(self.reasons.most_common()),
                "unaccounted": len(self.unaccounted),
                "doubled": self.doubled,
                "labels": self.labels,
                "release_rows": self.release_rows,
                "loaded_rows": self.loaded_rows,
                "seconds": round(self.seconds, 1),
            }
        )

    def table(self) -> str:
        """Return the table for people."""
        rows: list[tuple[str, object]] = [
            ("clips sent", f"{self.sent} ({self.damaged} damaged on purpose)"),
            ("receipts", self.receipts),
        ]
        rows += [(f"state {name}", count) for name, count in sorted(self.states.items())]
        rows += [(f"reason {name}", count) for name, count in self.reasons.most_common()]
        rows += [
            ("good clips that passed", f"{self.within_passed} of {self.within} within bounds"),
            ("good clips rejected", self.within_rejected),
            ("damaged clips that passed", len(self.damaged_passed)),
        ]
        rows += [
            (
                " ".join(cell["key"].values()),
                f"{cell['accepted']:.0f} accepted, {cell['pending']:.0f} pending"
                + (f" of {cell['target']}" if cell["target"] else ""),
            )
            for cell in self.coverage
            if cell["accepted"] or cell["pending"]
        ]
        rows += [
            ("labels", self.labels),
            ("release rows", f"{self.release_rows}, {self.loaded_rows} loaded"),
            *((f"requests {name}", count) for name, count in self.network.items() if count),
            ("unaccounted, doubled", f"{len(self.unaccounted)}, {self.doubled}"),
            ("seconds", f"{self.seconds:.1f}"),
        ]
        width = max(len(name) for name, _ in rows)
        return "\n".join(f"{name:<{width}}  {value}" for name, value in rows)


def _some(ids: Sequence[str]) -> str:
    return ", ".join(ids[:3]) + (" …" if len(ids) > 3 else "")
