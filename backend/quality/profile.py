"""Pure: the schema of a quality profile's rules, and the reading of untrusted documents into them.

A rule is `{code, measure, op, threshold, severity, where, hint, kinds?}`:
code       what is wrong, a reason code of the public contract or one of the profile's own
measure    the number it looks at (backend/quality/measures.py)
op         "<", "<=", ">", ">=" or "=="; the rule fires when `value op threshold` is true
threshold  a finite number in the measure's unit
severity   "reject", "review" (a person must look) or "hint" (said, but changes nothing)
where      who asks the rule: ["phone"], ["server"] or both
hint       code of the advice to the speaker (backend/quality/hints.py has the English)
kinds      kinds of prompt it is for: read, question, hotword, command; absent = every kind
"""

import math
import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from backend.quality.measures import MEASURES

MOST_RULES: Final = 200
KINDS: Final = ("read", "question", "hotword", "command")
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_REQUIRED: Final = ("code", "measure", "op", "threshold", "severity", "where", "hint")


class Op(StrEnum):
    """How a measure is compared with its threshold."""

    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="
    EQUAL = "=="


class Severity(StrEnum):
    """What a fired rule does to the clip."""

    REJECT = "reject"
    REVIEW = "review"
    HINT = "hint"


class Where(StrEnum):
    """Who asks a rule."""

    PHONE = "phone"
    SERVER = "server"


@dataclass(frozen=True)
class Rule:
    """One validated rule; `kinds` empty means every kind of prompt."""

    code: str
    measure: str
    op: Op
    threshold: float
    severity: Severity
    where: tuple[Where, ...]
    hint: str
    kinds: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the rule as it is stored and sent."""
        document: dict[str, Any] = {
            "code": self.code,
            "measure": self.measure,
            "op": self.op.value,
            "threshold": self.threshold,
            "severity": self.severity.value,
            "where": [place.value for place in self.where],
            "hint": self.hint,
        }
        return document | ({"kinds": list(self.kinds)} if self.kinds else {})


@dataclass(frozen=True)
class Fault:
    """One thing wrong with a document: a dotted field ("rules.3.op"), a stable code, and words."""

    field: str
    code: str
    message: str


class ProfileInvalid(ValueError):
    """The document is no profile; `faults` lists everything wrong with it."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(f"{fault.field}: {fault.message}" for fault in faults))
        self.faults = tuple(faults)


def read_rules(document: object, *, measures: Collection[str] = MEASURES.keys()) -> list[Rule]:
    """Return the rules of `document`, a list of JSON objects; raises ProfileInvalid with every
    fault.

    Besides each rule's own form: no rule may stand twice, and sound that cannot be decoded must be
    rejected, since a rule whose measure is missing is not asked and nothing else could catch it.
    """
    if not isinstance(document, list):
        raise ProfileInvalid([Fault("rules", "not_a_list", "The rules must be a list.")])
    if len(document) > MOST_RULES:
        raise ProfileInvalid([Fault("rules", "too_many", f"At most {MOST_RULES} rules.")])
    faults: list[Fault] = []
    rules: list[Rule] = []
    seen: dict[tuple[object, ...], int] = {}
    for index, item in enumerate(document):
        rule = _read_rule(item, f"rules.{index}", measures, faults)
        if rule is None:
            continue
        same = (rule.code, rule.measure, rule.op, rule.severity, frozenset(rule.kinds))
        if same in seen:
            words = f"This rule stands already at rules.{seen[same]}."
            faults.append(Fault(f"rules.{index}", "duplicate", words))
        seen.setdefault(same, index)
        rules.append(rule)
    if not faults and not any(_rejects_undecodable(rule) for rule in rules):
        words = "There must be a server rule that rejects decodable < 1 for every kind."
        faults.append(Fault("rules", "no_undecodable", words))
    if faults:
        raise ProfileInvalid(faults)
    return rules


def _rejects_undecodable(rule: Rule) -> bool:
    return (
        (rule.measure, rule.op, rule.threshold) == ("decodable", Op.LESS, 1.0)
        and rule.severity is Severity.REJECT
        and Where.SERVER in rule.where
        and not rule.kinds
    )


def _read_rule(
    item: object, at: str, measures: Collection[str], faults: list[Fault]
) -> Rule | None:
    if not isinstance(item, dict):
        faults.append(Fault(at, "not_an_object", "A rule must be an object."))
        return None
    before = len(faults)
    for name in _REQUIRED:
        if name not in item:
            faults.append(Fault(f"{at}.{name}", "missing", "This field is required."))
    for name in sorted(str(name) for name in item if name not in {*_REQUIRED, "kinds"}):
        faults.append(Fault(f"{at}.{name}", "unknown_field", "This field is not known."))
    if len(faults) > before:
        return None
    for name in ("code", "measure", "hint"):
        if not isinstance(item[name], str) or not _NAME.fullmatch(item[name]):
            words = "Lower-case letters, digits and underscores, at most 40."
            faults.append(Fault(f"{at}.{name}", "bad_name", words))
        elif name == "measure" and item[name] not in measures:
            faults.append(Fault(f"{at}.{name}", "unknown_measure", "No such measure is taken."))
    if item["op"] not in list(Op):
        faults.append(Fault(f"{at}.op", "unknown_op", 'One of "<", "<=", ">", ">=", "==".'))
    if item["severity"] not in list(Severity):
        words = 'One of "reject", "review", "hint".'
        faults.append(Fault(f"{at}.severity", "unknown_severity", words))
    threshold = item["threshold"]
    if isinstance(threshold, bool) or not isinstance(threshold, int | float):
        faults.append(Fault(f"{at}.threshold", "not_a_number", "A number."))
    elif not _fits_a_double(threshold):
        faults.append(Fault(f"{at}.threshold", "not_finite", "A finite number."))
    where = _chosen(item["where"], list(Where), f"{at}.where", faults)
    kinds = _chosen(item["kinds"], KINDS, f"{at}.kinds", faults) if "kinds" in item else ()
    if len(faults) > before:
        return None
    return Rule(
        code=item["code"],
        measure=item["measure"],
        op=Op(item["op"]),
        threshold=float(threshold),
        severity=Severity(item["severity"]),
        where=tuple(Where(place) for place in where),
        hint=item["hint"],
        kinds=kinds,
    )


def _fits_a_double(number: int | float) -> bool:
    try:
        return math.isfinite(float(number))
    except OverflowError:
        return False


def _chosen(
    value: object, allowed: Collection[str], at: str, faults: list[Fault]
) -> tuple[str, ...]:
    """Return a list of distinct allowed words; anything else is a fault."""
    good = isinstance(value, list) and bool(value) and all(isinstance(v, str) for v in value)
    if not good or not isinstance(value, list):
        faults.append(Fault(at, "not_a_list", "A list of at least one word."))
        return ()
    if any(word not in allowed for word in value) or len(set(value)) != len(value):
        faults.append(Fault(at, "unknown_word", f"Distinct words of {', '.join(allowed)}."))
        return ()
    return tuple(value)
