"""What the phone's checks catch and what they let pass, told by the phone's own code in Node.

Material (benchmarks/ground/spoken.py): recordings of people, brought to 48 kHz as a phone would
have them, and espeak-ng voices. Damage is done to every second take that passes untouched.
`caught`: the verdict is no pass. `named`: with the code that fits. `told`: that code was given, if
only as a hint. The cost is that of one thread of this machine.
"""

import argparse
import statistics
import sys
from collections import Counter
from collections.abc import Sequence

import numpy as np

from benchmarks.ground.claims import claim_line
from benchmarks.ground.damage import DAMAGES, Damage
from benchmarks.ground.spoken import RATE, Spoken, recorded, synthetic
from tests.phone_meter import PhoneCheck, PhoneTake, check_on_phone, to_int16
from workers.audio.activity import find_activity
from workers.audio.resample import at_16_khz

# What no take may get away with.
CERTAIN = ("silence", "hiss alone", "x 0.005", "clipped x 4", "clipped x 20")


def main() -> int:
    """Print the tables and the claims. Returns 1 when a claim does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--voices", type=int, default=24, help="synthetic speakers")
    takes = [*recorded(), *synthetic(parser.parse_args().voices)]
    if not takes:
        print("neither recordings nor espeak-ng: nothing to check", file=sys.stderr)
        return 0
    checks = _checked(takes)
    print("| untouched | takes | pass | review | reject | codes |\n|---|---|---|---|---|---|")
    for origin in dict.fromkeys(take.origin for take in takes):
        rows = [check for take, check in zip(takes, checks, strict=True) if take.origin == origin]
        print(_untouched_row(origin, rows))
    passed = [take for take, check in zip(takes, checks, strict=True) if check.outcome == "pass"][
        ::2
    ]
    print("\n| damage | takes | caught | named | told | rejected |\n|---|---|---|---|---|---|")
    caught = {damage.name: _damage_row(damage, passed) for damage in DAMAGES}
    rejects = sum(check.outcome == "reject" for check in checks)
    least = min(caught[name] for name in CERTAIN)
    seconds = sum(len(take.x) for take in takes) / RATE
    speed = seconds / (sum(check.push_ms + check.done_ms for check in checks) / 1000)
    ready = statistics.quantiles([check.done_ms for check in checks], n=100)[98]
    print(
        claim_line(
            name="phone_untouched_not_rejected",
            value=1 - rejects / len(takes),
            unit="share",
            aim=1,
            detail=f"{rejects} of {len(takes)} takes rejected",
        )
    )
    print(
        claim_line(
            name="phone_certain_damage_caught",
            value=least,
            unit="share",
            aim=0.99,
            detail=f"the least of {', '.join(CERTAIN)}",
        )
    )
    print(
        claim_line(
            name="phone_check_speed",
            value=speed,
            unit="x real time",
            aim=100,
            detail=f"{seconds:.0f} s at 48 kHz; the verdict takes {ready:.1f} ms at the end (99 %)",
        )
    )
    return int(rejects > 0 or least < 0.99 or speed < 100)


def _checked(takes: Sequence[Spoken]) -> list[PhoneCheck]:
    return check_on_phone([PhoneTake(to_int16(t.x), RATE, t.kind, t.text) for t in takes])


def _untouched_row(origin: str, checks: Sequence[PhoneCheck]) -> str:
    outcomes = Counter(check.outcome for check in checks)
    codes = Counter(code for check in checks for code in check.codes)
    told = ", ".join(f"{code} {count}" for code, count in codes.most_common())
    counts = " | ".join(str(outcomes[outcome]) for outcome in ("pass", "review", "reject"))
    return f"| {origin} | {len(checks)} | {counts} | {told} |"


def _damage_row(damage: Damage, takes: Sequence[Spoken]) -> float:
    """Print how the damage shows; return the share that was caught."""
    rng = np.random.default_rng(7)
    made = []
    for take in takes:
        x = damage.make(take, find_activity(at_16_khz(take.x.astype(np.float32), RATE)), rng)
        if x is not None:
            made.append(Spoken(take.origin, take.kind, take.text, x))
    checks = _checked(made)
    caught = [check.outcome != "pass" for check in checks]
    told = [bool(damage.codes & set(check.codes)) for check in checks]
    named = [a and b for a, b in zip(caught, told, strict=True)]
    rejected = [check.outcome == "reject" for check in checks]
    shares = " | ".join(f"{np.mean(column):.2f}" for column in (caught, named, told, rejected))
    print(f"| {damage.name} | {len(made)} | {shares} |", flush=True)
    return float(np.mean(caught))


if __name__ == "__main__":
    sys.exit(main())
