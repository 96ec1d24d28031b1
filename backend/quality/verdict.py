"""Pure: judge measures by a profile's rules: pass, review or reject, with the reasons."""

import math
import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

from backend.quality.profile import Op, Rule, Severity, Where


class Outcome(StrEnum):
    """What a verdict says of a clip."""

    PASS = "pass"  # noqa: S105 (an outcome, no password)
    REVIEW = "review"
    REJECT = "reject"


@dataclass(frozen=True)
class Reason:
    """One rule that fired: the value measured, the bound it crossed, and the code of the advice."""

    code: str
    measure: str
    value: float
    threshold: float
    severity: str
    hint: str


@dataclass(frozen=True)
class Verdict:
    """The outcome and its reasons, gravest first."""

    outcome: Outcome
    reasons: tuple[Reason, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the verdict as JSON values."""
        return {"outcome": self.outcome.value, "reasons": [asdict(r) for r in self.reasons]}


_COMPARE: Final[dict[Op, Callable[[float, float], bool]]] = {
    Op.LESS: operator.lt,
    Op.AT_MOST: operator.le,
    Op.MORE: operator.gt,
    Op.AT_LEAST: operator.ge,
    Op.EQUAL: operator.eq,
}
_GRAVITY: Final[dict[Severity, int]] = {Severity.REJECT: 0, Severity.REVIEW: 1, Severity.HINT: 2}


def judge(
    measures: Mapping[str, object],
    rules: Iterable[Rule],
    *,
    kind: str | None = None,
    where: Where = Where.SERVER,
) -> Verdict:
    """Return the verdict of `rules` on `measures`.

    Only rules for this place (`where`) and this kind of prompt are asked; a rule for certain kinds
    is not asked when the kind is unknown. A rule whose measure is missing, no number, NaN or
    infinite is not asked either: it neither passes nor fails a clip. One reason is given per code,
    the gravest; reasons stand gravest first, then in the profile's order. The gravest severity is
    the outcome; hints leave it a pass.
    """
    fired: dict[str, tuple[int, Reason]] = {}
    for rule in rules:
        if where not in rule.where or (rule.kinds and kind not in rule.kinds):
            continue
        value = _number(measures.get(rule.measure))
        if value is None or not _COMPARE[rule.op](value, rule.threshold):
            continue
        gravity = _GRAVITY[rule.severity]
        if rule.code in fired and fired[rule.code][0] <= gravity:
            continue
        # Removed first, so that a graver rule stands where the profile has it.
        fired.pop(rule.code, None)
        fired[rule.code] = (gravity, _reason(rule, value))
    ordered = sorted(fired.values(), key=lambda pair: pair[0])
    gravest = ordered[0][0] if ordered else _GRAVITY[Severity.HINT]
    outcome = (Outcome.REJECT, Outcome.REVIEW, Outcome.PASS)[gravest]
    return Verdict(outcome, tuple(reason for _, reason in ordered))


def _reason(rule: Rule, value: float) -> Reason:
    return Reason(rule.code, rule.measure, value, rule.threshold, rule.severity.value, rule.hint)


def _number(value: object) -> float | None:
    # True is an int to Python and nothing to JavaScript: neither judges by it.
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
