"""Pure: how well rules tell labelled clips apart, and thresholds that tell them apart better."""

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from backend.quality.profile import Op, Rule, Severity, Where
from backend.quality.verdict import Outcome, judge

GOOD: Final = "good"
BAD: Final = "bad"
#: What no threshold may be fitted to: it is 0 or 1, or a count of what must not be.
UNFITTED: Final = frozenset({"decodable", "decode_faults", "stopped_early"})
#: Fewer labelled clips than this tell nothing about a threshold.
FEWEST: Final = 5

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
    against = _against(rule, asked)
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
    bound = _as_score(rule, rule.threshold)
    fired: Bools
    if rule.op is Op.EQUAL:
        fired = score == rule.threshold
    elif rule.op in {Op.AT_MOST, Op.AT_LEAST}:
        fired = score >= bound
    else:
        fired = score > bound
    return asked & fired


def _as_score(rule: Rule, threshold: float) -> float:
    return -threshold if rule.op in {Op.LESS, Op.AT_MOST} else threshold


def _against(rule: Rule, clips: Sequence[LabelledClip]) -> str:
    own = any(clip.label == rule.code for clip in clips)
    return rule.code if own else BAD


def _points(rule: Rule, good: Floats, bad: Floats) -> tuple[RocPoint, ...]:
    """Return a point for each threshold that parts the clips in another way, strictest first."""
    values = np.unique(np.concatenate([good, bad]))
    values = values[np.isfinite(values)][::-1]
    bounds = (values[:-1] + values[1:]) / 2
    return tuple(
        RocPoint(_as_score(rule, float(bound)), false_alarms, recall)
        for bound, false_alarms, recall in zip(
            bounds, _shares_above(bounds, good), _shares_above(bounds, bad), strict=True
        )
    )


def _shares_above(bounds: Floats, score: Floats) -> list[float]:
    """Return the share of the scores above each bound; 0 where there are no scores."""
    above = len(score) - np.searchsorted(np.sort(score), bounds, "right")
    return [float(count) / max(1, len(score)) for count in above]


@dataclass
class _Fitted:
    """A rule whose threshold is sought: whom it is asked of, and its cuts from strict to lax."""

    place: int
    rule: Rule
    score: Floats
    targets: Bools
    cuts: list[float]
    at: int = 0

    def fired(self, at: int) -> Bools:
        """Return whom it fires on at this cut."""
        return np.isfinite(self.score) & (self.score > self.cuts[at])


def propose_rules(
    rules: Sequence[Rule],
    clips: Sequence[LabelledClip],
    *,
    false_reject: float,
    false_review: float,
) -> list[Rule]:
    """Return `rules` with thresholds fitted to `clips`: the most bad ones found, and of the good
    ones at most these shares rejected and sent to review.

    Reject rules first, then review rules on what is not rejected. Each begins where it fires on no
    good clip. Then, again and again, that rule is loosened which finds the most more bad clips for
    each good one it costs, until the bound is reached or nothing is gained. A rule for whose fault
    there are fewer than FEWEST clips keeps its threshold; where such rules alone are over the
    bound, they give way until they fire on no good clip.
    """
    proposed = list(rules)
    good = np.array([clip.label == GOOD for clip in clips], dtype=np.bool_)
    failed: Bools = np.zeros(len(clips), np.bool_)
    for severity, bound in ((Severity.REJECT, false_reject), (Severity.REVIEW, false_review)):
        allowed = math.floor(bound * int(good.sum()) + 1e-9)
        fitted = [
            found
            for place, rule in enumerate(proposed)
            if rule.severity is severity and (found := _fittable(place, rule, clips, good))
        ]
        fixed = _fixed_rules(proposed, severity, {one.place for one in fitted})
        before = failed.copy()
        for place in fixed:
            failed |= _fired_of(proposed[place], clips)
        if int((failed & good & ~before).sum()) > allowed:
            failed = before.copy()
            for place in fixed:
                proposed[place] = _giving_way(proposed[place], clips, good)
                failed |= _fired_of(proposed[place], clips)
        failed = _loosened(fitted, good, failed, allowed + int((before & good).sum()))
        for one in fitted:
            proposed[one.place] = _with_cut(one, one.cuts[one.at])
    return proposed


def _fittable(place: int, rule: Rule, clips: Sequence[LabelledClip], good: Bools) -> _Fitted | None:
    if Where.SERVER not in rule.where or rule.op is Op.EQUAL or rule.measure in UNFITTED:
        return None
    asked = np.array([not rule.kinds or clip.kind in rule.kinds for clip in clips], dtype=np.bool_)
    against = _against(rule, [clip for clip, yes in zip(clips, asked, strict=True) if yes])
    score = np.where(asked, scores(rule, clips), -math.inf)
    targets = asked & np.array([clip.label == against for clip in clips], dtype=np.bool_)
    if int((targets & np.isfinite(score)).sum()) < FEWEST:
        return None
    return _Fitted(place, rule, score, targets, _cuts(score, good))


def _cuts(score: Floats, good: Bools) -> list[float]:
    """Return bounds from strict to lax: right above each good score, halfway to what is next."""
    clean = np.unique(score[good & np.isfinite(score)])[::-1]
    others = np.unique(score[np.isfinite(score)])
    cuts = []
    for value in clean:
        above = others[np.searchsorted(others, value, "right") :]
        cuts.append(float((value + above[0]) / 2 if len(above) else value))
    # Where no good clip is asked, the mildest of the others is as far as anyone knows.
    return cuts or [float(np.nextafter(others[0], -math.inf))]


def _fixed_rules(rules: Sequence[Rule], severity: Severity, fitted: set[int]) -> list[int]:
    return [
        place
        for place, rule in enumerate(rules)
        if rule.severity is severity and Where.SERVER in rule.where and place not in fitted
    ]


def _fired_of(rule: Rule, clips: Sequence[LabelledClip]) -> Bools:
    asked = np.array([not rule.kinds or clip.kind in rule.kinds for clip in clips], dtype=np.bool_)
    return fires(rule, np.where(asked, scores(rule, clips), -math.inf))


def _giving_way(rule: Rule, clips: Sequence[LabelledClip], good: Bools) -> Rule:
    if rule.op is Op.EQUAL or rule.measure in UNFITTED:
        return rule
    fired = _fired_of(rule, clips) & good
    if not fired.any():
        return rule
    worst = float(scores(rule, clips)[fired].max())
    if rule.op in {Op.AT_MOST, Op.AT_LEAST}:
        worst = float(np.nextafter(worst, math.inf))
    return replace(rule, threshold=_as_score(rule, worst))


def _loosened(fitted: list[_Fitted], good: Bools, failed: Bools, allowed: int) -> Bools:
    """Move the cuts of `fitted`; return who fails then."""
    for one in fitted:
        failed = failed | one.fired(0)
    while True:
        best: tuple[float, int, _Fitted, int] | None = None
        cost_so_far = int((failed & good).sum())
        for one in fitted:
            for at in range(one.at + 1, len(one.cuts)):
                new = one.fired(at) & ~failed
                cost, gain = int((new & good).sum()), int((new & one.targets).sum())
                if cost_so_far + cost > allowed:
                    break
                worth = gain / cost if cost else math.inf
                if gain and (best is None or (worth, gain) > best[:2]):
                    best = (worth, gain, one, at)
        if best is None:
            return failed
        best[2].at = best[3]
        failed = failed | best[2].fired(best[3])


def _with_cut(one: _Fitted, cut: float) -> Rule:
    """Return the rule at a cut, said in as few digits as part the same clips."""
    wanted = np.isfinite(one.score) & (one.score > cut)
    for digits in range(2, 17):
        rule = replace(one.rule, threshold=_as_score(one.rule, float(f"{cut:.{digits}g}")))
        if np.array_equal(fires(rule, one.score), wanted):
            return rule
    # A cut at a good clip's very score, and a rule that fires at its threshold.
    return replace(one.rule, threshold=_as_score(one.rule, float(np.nextafter(cut, math.inf))))
