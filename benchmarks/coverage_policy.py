"""How soon does a campaign have enough of everybody, if the platform decides whom to record where?

Plays a simulated field (benchmarks.ground.coverage_world) under the platform's own rules, that is
the functions which answer the phones (backend.coverage.quota, .prices, .conditions), and under
those it is held to: no balancing, and a hard quota that counts what is accepted. Nothing of the
platform's rules is written here again. The people are simulated: the ratios are no field results.
Seconds on one core.
"""

import argparse
import statistics
import sys
from collections.abc import Callable, Mapping

import numpy as np

from backend.coverage.margins import fit_margins
from benchmarks.ground.claims import claim_line
from benchmarks.ground.coverage_blocks import as_liked, as_the_platform, at_random, gap_and_useful
from benchmarks.ground.coverage_policies import Everybody, Fieldvoice, HardMargins, HardQuota
from benchmarks.ground.coverage_world import (
    ACCENTS,
    AGES,
    CELLS,
    DAYS,
    GENDERS,
    TARGET_S,
    Floats,
    Outcome,
    Policy,
    play,
    site_mixes,
)

_NONE, _HARD, _OURS = "no balancing", "hard quota, accepted only", "the platform"


def main() -> int:
    """Play the campaigns. Returns 1 when a claim does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=16)
    seeds = range(parser.parse_args().seeds)
    mixes, pool = site_mixes()
    played = _of_cells(mixes, seeds)
    _of_margins(mixes, pool, seeds)
    gap = _conditions(seeds)
    ours = _days(played[_OURS])
    claims = [
        ("time_vs_hard_quota", ours / _days(played[_HARD]), 0.45, "days until every cell has 95 %"),
        ("time_vs_none", ours / _days(played[_NONE]), 0.06, f"the same; {DAYS} if it never has"),
        ("excess", _mean(played[_OURS], "excess"), 0.01, "accepted hours beyond the targets"),
        ("condition_gap", gap, 0.05, "what the emptiest of 3 devices x 4 environments lacks"),
    ]
    for name, value, aim, what in claims:
        detail = f"{what}, mean of {len(seeds)} seeds"
        print(
            claim_line(name=name, value=value, unit="ratio", aim=aim, detail=detail, at_most=True)
        )
    return int(any(value > aim for _, value, aim, _ in claims))


def _of_cells(mixes: Floats, seeds: range) -> Mapping[str, list[Outcome]]:
    targets = [TARGET_S] * len(CELLS)
    policies: dict[str, Callable[[], Policy]] = {
        _NONE: Everybody,
        _HARD: lambda: HardQuota(holds=False),
        "hard quota with holds": lambda: HardQuota(holds=True),
        "the platform, sites as they come": lambda: Fieldvoice(steering=False),
        _OURS: lambda: Fieldvoice(steering=True),
        "the platform, sites known before": lambda: Fieldvoice(steering=True, mixes=mixes),
    }
    print("40 cells of 5 h:")
    played = {}
    for name, make in policies.items():
        played[name] = [play(make(), seed=n, targets=targets, mixes=mixes) for n in seeds]
        _show(name, played[name])
    return played


def _of_margins(mixes: Floats, pool: Floats, seeds: range) -> None:
    """Show, as information, a plan of margins: 200 h, levels wanted alike."""
    shape = (len(GENDERS), len(AGES), len(ACCENTS))
    total = TARGET_S * len(CELLS)
    margins = {axis: np.full(size, total // size) for axis, size in enumerate(shape)}
    fitted = fit_margins(pool.reshape(shape), margins)
    targets = [round(seconds) for seconds in fitted.ravel()]
    cells = np.arange(len(CELLS)).reshape(shape)
    groups = [
        [int(cell) for cell in np.take(cells, level, axis=axis).ravel()]
        for axis, size in enumerate(shape)
        for level in range(size)
    ]
    policies: dict[str, Callable[[], Policy]] = {
        _NONE: Everybody,
        "hard quota of margins": lambda: HardMargins(groups),
        "the platform, sites as they come": lambda: Fieldvoice(steering=False),
        _OURS: lambda: Fieldvoice(steering=True),
    }
    print("200 h by margins:")
    for name, make in policies.items():
        outcomes = [
            play(make(), seed=n, targets=targets, mixes=mixes, groups=groups) for n in seeds
        ]
        _show(name, outcomes, of_cells=False)


def _conditions(seeds: range) -> float:
    print("3 devices x 4 environments:")
    gap = 0.0
    for choose in (as_liked, at_random, as_the_platform):
        runs = [gap_and_useful(choose, seed) for seed in seeds]
        gap = statistics.mean(gap for gap, _ in runs)
        useful = statistics.mean(useful for _, useful in runs)
        print(f"  {choose.__name__.replace('_', ' '):34} gap {gap:.3f}, useful {useful:.2f}")
    return gap


def _mean(outcomes: list[Outcome], name: str) -> float:
    return float(np.mean([getattr(outcome, name) for outcome in outcomes]))


def _days(outcomes: list[Outcome]) -> float:
    return statistics.mean(min(outcome.days_all_cells, DAYS) for outcome in outcomes)


def _show(name: str, outcomes: list[Outcome], *, of_cells: bool = True) -> None:
    unfinished = sum(outcome.days_all_cells > DAYS for outcome in outcomes)
    parts = [
        f"  {name:34} all after {_days(outcomes):5.1f} days",
        f"collector {_mean(outcomes, 'collector_hours'):6.0f} h",
        f"recorded {_mean(outcomes, 'recorded_hours'):5.0f} h",
    ]
    if of_cells:
        parts += [
            f"95 % of hours after {_mean(outcomes, 'days_95_of_hours'):5.1f}",
            f"waste {_mean(outcomes, 'waste'):.3f}",
            f"excess {_mean(outcomes, 'excess'):.3f}",
        ]
    if unfinished:
        parts.append(f"{unfinished} of {len(outcomes)} not in {DAYS} days, counted as {DAYS}")
    print(", ".join(parts))


if __name__ == "__main__":
    sys.exit(main())
