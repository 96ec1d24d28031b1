"""Pure: how well rules tell labelled clips apart."""

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from backend.quality.profile import Op, Rule
from backend.quality.verdict import Outcome, judge

GOOD: Final = "good"
BAD: Final = "bad"
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class LabelledClip:
    """The measures of one clip, and what people say of it: good, bad, or the code of its fault."""

    measures: Mapping[str, float]
    label: str
    speaker: str = ""
    kind: str = "read"


@dataclass(frozen=True)
class RocPoint:
    """With this threshold, which shares of the good and of the bad clips the rule fires on."""

    threshold: float
    false_alarms: float
    recall: float


@dataclass(frozen=True)
class RuleReport:
    """How one rule does on labelled clips of its kinds.

    `against` is the label of the clips it should fire on: its own code, or `bad` where no clip has
    that code as its label. `recall` and `auc` are None where there are none of them, `auc` and
    `points` too for a rule that compares by equality.
    """

    rule: Rule
    against: str
    good: int
    bad: int
    false_alarms: float | None
    recall: float | None
    auc: float | None
    points: tuple[RocPoint, ...]


@dataclass(frozen=True)
class LabelReport:
    """What a whole profile says of the clips of one label; shares of `clips`.

    `named`: not passed, and for a reason that has the label as its code.
    """

    label: str
    clips: int
    passed: float
    review: float
    reject: float
    named: float


def area_under_roc(good: Floats, bad: Floats) -> float | None:
    """Return the probability that a bad clip scores higher than a good one, ties counted half
    (Mann-Whitney's U over the number of pairs); None where one of them is empty.
    """
    if not len(good) or not len(bad):
        return None
    ordered = np.sort(good)
    below = np.searchsorted(ordered, bad, "left") + np.searchsorted(ordered, bad, "right")
    return float(below.mean() / 2 / len(good))


def report_rule(rule: Rule, clips: Sequence[LabelledClip]) -> RuleReport:
    """Return how `rule` does on the clips whose kind it is for; a missing measure never fires."""
    asked = [clip for clip in clips if not rule.kinds or clip.kind in rule.kinds]
    against = labelled_against(rule, asked)
    good = scores(rule, [clip for clip in asked if clip.label == GOOD])
    bad = scores(rule, [clip for clip in asked if clip.label == against])
    ordered = rule.op is not Op.EQUAL
    return RuleReport(
        rule=rule,
        against=against,
        good=len(good),
        bad=len(bad),
        false_alarms=float(fires(rule, good).mean()) if len(good) else None,
        recall=float(fires(rule, bad).mean()) if len(bad) else None,
        auc=area_under_roc(good, bad) if ordered else None,
        points=_points(rule, good, bad) if ordered else (),
    )


def report_labels(rules: Sequence[Rule], clips: Sequence[LabelledClip]) -> list[LabelReport]:
    """Return what the rules say of each label's clips, good ones first, then by name."""
    reports = []
    for label in sorted({clip.label for clip in clips}, key=lambda word: (word != GOOD, word)):
        verdicts = [judge(c.measures, rules, kind=c.kind) for c in clips if c.label == label]
        outcomes = Counter(verdict.outcome for verdict in verdicts)
        named = [
            v.outcome is not Outcome.PASS and any(r.code == label for r in v.reasons)
            for v in verdicts
        ]
        reports.append(
            LabelReport(
                label=label,
                clips=len(verdicts),
                passed=outcomes[Outcome.PASS] / len(verdicts),
                review=outcomes[Outcome.REVIEW] / len(verdicts),
                reject=outcomes[Outcome.REJECT] / len(verdicts),
                named=sum(named) / len(verdicts),
            )
        )
    return reports


def halves(clips: Iterable[LabelledClip]) -> tuple[list[LabelledClip], list[LabelledClip]]:
    """Return the clips of every other speaker, and those of the rest; no speaker is in both.

    Speakers are ordered by a hash, so that the halves are the same in every run and do not follow
    how they were numbered. A clip without a speaker stands for itself.
    """
    groups: dict[str, list[LabelledClip]] = {}
    for number, clip in enumerate(clips):
        groups.setdefault(f"s{clip.speaker}" if clip.speaker else f"c{number}", []).append(clip)
    ordered = sorted(groups, key=lambda name: hashlib.sha256(name.encode()).digest())
    first, second = ordered[::2], ordered[1::2]
    return (
        [clip for name in first for clip in groups[name]],
        [clip for name in second for clip in groups[name]],
    )


def scores(rule: Rule, clips: Sequence[LabelledClip]) -> Floats:
    """Return one number a clip, the higher the worse; minus infinity where the rule is not
    asked.
    """
    sign = -1.0 if rule.op in {Op.LESS, Op.AT_MOST} else 1.0
    values = [_number(clip.measures.get(rule.measure)) for clip in clips]
    return np.array([-math.inf if v is None else sign * v for v in values], dtype=np.float64)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def fires(rule: Rule, score: Floats) -> Bools:
    """Return for which of the scores the rule fires at its threshold."""
    asked = np.isfinite(score)
    bound = as_score(rule, rule.threshold)
    fired: Bools
    if rule.op is Op.EQUAL:
        fired = score == rule.threshold
    elif rule.op in {Op.AT_MOST, Op.AT_LEAST}:
        fired = score >= bound
    else:
        fired = score > bound
    return asked & fired


def as_score(rule: Rule, threshold: float) -> float:
    """Return a threshold as a score, or a score as a threshold: they differ at most in sign."""
    return -threshold if rule.op in {Op.LESS, Op.AT_MOST} else threshold


def labelled_against(rule: Rule, clips: Sequence[LabelledClip]) -> str:
    """Return the label of the clips that the rule is to find: its code, else `bad`."""
    own = any(clip.label == rule.code for clip in clips)
    return rule.code if own else BAD


def _points(rule: Rule, good: Floats, bad: Floats) -> tuple[RocPoint, ...]:
    """Return a point for each threshold that parts the clips in another way, strictest first."""
    values = np.unique(np.concatenate([good, bad]))
    values = values[np.isfinite(values)][::-1]
    bounds = (values[:-1] + values[1:]) / 2
    return tuple(
        RocPoint(as_score(rule, float(bound)), false_alarms, recall)
        for bound, false_alarms, recall in zip(
            bounds, _shares_above(bounds, good), _shares_above(bounds, bad), strict=True
        )
    )


def _shares_above(bounds: Floats, score: Floats) -> list[float]:
    """Return the share of the scores above each bound; 0 where there are no scores."""
    above = len(score) - np.searchsorted(np.sort(score), bounds, "right")
    return [float(count) / max(1, len(score)) for count in above]
