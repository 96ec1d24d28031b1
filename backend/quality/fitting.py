"""Pure: fit the thresholds of a profile to labelled clips, within bounds of false alarms."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import compress
from statistics import NormalDist
from typing import Final

import numpy as np

from backend.quality.calibration import (
    GOOD,
    Bools,
    Floats,
    LabelledClip,
    as_score,
    fires,
    labelled_against,
    scores,
)
from backend.quality.profile import Op, Rule, Severity, Where

#: What no threshold may be fitted to: it is 0 or 1, or a count of what must not be.
UNFITTED: Final = frozenset({"decodable", "decode_faults", "stopped_early"})
#: Fewer labelled clips than this tell nothing about a threshold.
FEWEST: Final = 5
#: With fewer good clips than this to give up, their edge says little of the next sample's.
FEW: Final = 5
_LEAST_SHARE: Final = 1e-6


@dataclass
class _Asked:
    """A rule whose threshold may move: the scores of all clips, and which of them it is to find."""

    place: int
    rule: Rule
    score: Floats
    targets: Bools

    def fired(self) -> Bools:
        """Return whom it fires on."""
        return fires(self.rule, self.score)

    def at(self, cut: float) -> "_Asked":
        """Return the rule so that it fires above this score, said in as few digits as will do."""
        wanted = np.isfinite(self.score) & (self.score > cut)
        for digits in range(2, 17):
            rule = replace(self.rule, threshold=as_score(self.rule, float(f"{cut:.{digits}g}")))
            if np.array_equal(fires(rule, self.score), wanted):
                return replace(self, rule=rule)
        # A cut at some clip's very score, and a rule that fires at its threshold.
        bound = float(np.nextafter(cut, math.inf))
        return replace(self, rule=replace(self.rule, threshold=as_score(self.rule, bound)))


def propose_rules(
    rules: Sequence[Rule],
    clips: Sequence[LabelledClip],
    *,
    false_reject: float,
    false_review: float,
) -> list[Rule]:
    """Return `rules` with thresholds fitted to `clips`: more of the bad ones found, and of the good
    ones at most these shares rejected and sent to review.

    Reject rules first, then review rules on what is not rejected. A threshold that serves stays.
    Where the rules are over the bound, that one gives way, clip by clip, which alone costs the most
    good ones. Then, again and again, that one is drawn in which finds the most more clips of its
    own fault for each good one, until the bound is reached or nothing is gained. It is put halfway
    between the last clip found and the next good one. With so few good clips that the bound
    is less than FEW of them, no threshold goes where a normal distribution with their mean and
    deviation would put more than the bound, shared among the rules: the edge of a small sample is
    no bound for the next one. A rule for whose fault there are fewer than FEWEST clips is not drawn
    in.
    """
    proposed = list(rules)
    good = np.array([clip.label == GOOD for clip in clips], dtype=np.bool_)
    failed: Bools = np.zeros(len(clips), np.bool_)
    for severity, bound in ((Severity.REJECT, false_reject), (Severity.REVIEW, false_review)):
        asked = [
            _asked(place, rule, clips)
            for place, rule in enumerate(proposed)
            if rule.severity is severity and Where.SERVER in rule.where
        ]
        allowed = math.floor(bound * int(good.sum()) + 1e-9)
        before = failed
        _give_way(asked, good & ~before, allowed)
        failed = _draw_in(asked, good & ~before, before, allowed, bound)
        for one in asked:
            proposed[one.place] = one.rule
    return proposed


def _asked(place: int, rule: Rule, clips: Sequence[LabelledClip]) -> _Asked:
    of_kind = [not rule.kinds or clip.kind in rule.kinds for clip in clips]
    against = labelled_against(rule, list(compress(clips, of_kind)))
    score = np.where(np.array(of_kind, dtype=np.bool_), scores(rule, clips), -math.inf)
    labelled = np.array([clip.label == against for clip in clips], dtype=np.bool_)
    return _Asked(place, rule, score, labelled & np.isfinite(score))


def _moves(rule: Rule) -> bool:
    return rule.op is not Op.EQUAL and rule.measure not in UNFITTED


def _give_way(asked: list[_Asked], good: Bools, allowed: int) -> None:
    """Loosen rules until no more than `allowed` of the good clips fail."""
    while True:
        fired = [one.fired() & good for one in asked]
        times = np.sum(fired, axis=0) if fired else np.zeros(len(good))
        costs = [
            (int((own & (times == 1)).sum()), int(own.sum()), number)
            for number, own in enumerate(fired)
            if _moves(asked[number].rule) and own.any()
        ]
        if int((times > 0).sum()) <= allowed or not costs:
            return
        number = max(costs)[2]
        mildest = float(asked[number].score[fired[number]].min())
        asked[number] = asked[number].at(mildest)


def _draw_in(asked: list[_Asked], good: Bools, before: Bools, allowed: int, bound: float) -> Bools:
    """Tighten rules while that finds more; return who fails then, or failed before."""
    drawn = [n for n, one in enumerate(asked) if _moves(one.rule) and one.targets.sum() >= FEWEST]
    few = bound * int(good.sum()) < FEW
    outer = {
        n: _outer(asked[n].score[good], bound / len(drawn)) if few else -math.inf for n in drawn
    }
    while True:
        failed = before.copy()
        for one in asked:
            failed |= one.fired()
        spent = int((failed & good).sum())
        best: tuple[float, int, int, _Asked] | None = None
        for number in drawn:
            for cut in _cuts(asked[number], good, outer[number], allowed - spent):
                moved = asked[number].at(cut)
                new = moved.fired() & ~failed
                cost, gain = int((new & good).sum()), int((new & moved.targets).sum())
                worth = gain / cost if cost else math.inf
                if gain and spent + cost <= allowed and (best is None or (worth, gain) > best[:2]):
                    best = (worth, gain, number, moved)
        if best is None:
            return failed
        asked[best[2]] = best[3]


def _outer(score: Floats, share: float) -> float:
    """Return the score above which a normal distribution with these scores' mean and deviation has
    this share; minus infinity where they do not differ.
    """
    known = score[np.isfinite(score)]
    if len(known) < 2 or float(known.std()) == 0:
        return -math.inf
    normal = NormalDist(float(known.mean()), float(known.std(ddof=1)))
    return normal.inv_cdf(1 - min(0.5, max(_LEAST_SHARE, share)))


def _cuts(one: _Asked, good: Bools, outer: float, room: int) -> list[float]:
    """Return where the rule could be drawn in to, the strictest first: behind its targets between
    one good clip and the next, halfway to the next, for as many good ones as there is room.
    """
    left = np.isfinite(one.score) & ~one.fired()
    clean = [float(value) for value in np.unique(one.score[left & good])[::-1]]
    targets = one.score[left & one.targets]
    cuts: list[float] = []
    upper = math.inf
    for lower in [*clean, -math.inf][: room + 1]:
        found = targets[(targets > max(lower, outer)) & (targets <= upper)]
        if len(found):
            last = float(found.min())
            halfway = (last + lower) / 2 if lower > -math.inf else math.nextafter(last, lower)
            cuts.append(max(halfway, outer))
        if lower <= outer:
            break
        upper = lower
    return cuts
