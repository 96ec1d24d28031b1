"""Send thousands of damaged files through the worker's own path and count how each one ends.

The files are made by seed (tests/mutated_files.py): every container, with bytes flipped, parts cut
and repeated, heads swapped, lengths, rates and durations forged, tags renamed. Each is examined as
`check_quality` does it, decoding apart. An end is reasoned when it is a refusal that says why, or
measures that are all finite. What broke down in the decoding process is reasoned too, and counted
by itself: FFmpeg and libsndfile are not ours, that they cannot hurt the worker is.
"""

import argparse
import math
import os
import resource
import statistics
import sys
import time
from collections import Counter
from dataclasses import dataclass

from benchmarks.ground.claims import claim_line
from tests.mutated_files import mutant, originals
from workers.audio.examine import Examination, examine
from workers.audio.sound import Bounds
from workers.ordered_pool import Lost, OrderedPool

# As a campaign has it by default, with its padding.
_BOUNDS = Bounds(max_seconds=60.5)
# Decoding has 20 s, measuring a minute of sound less than one.
_PATIENCE_S = 60.0
_MOST_MEMORY_MB = 400


@dataclass(frozen=True)
class Ended:
    """How one file ended: the fault's slug or `measured`, seconds, and memory at most so far."""

    how: str
    reasoned: bool
    seconds: float
    own_mb: float
    decoder_mb: float


def main() -> int:
    """Examine the files and print the counts and the claims. Returns 1 when one does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--seed", default="quality")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    chosen = parser.parse_args()
    originals()  # Made once, before the processes are forked.
    seeds = [f"{chosen.seed}-{number}" for number in range(chosen.files)]
    pool: OrderedPool[str, Ended] = OrderedPool(
        _ended, processes=chosen.jobs, patience_s=_PATIENCE_S
    )
    ends = list(pool.map(seeds))
    told = [end for end in ends if isinstance(end, Ended)]
    lost = Counter(end.why for end in ends if isinstance(end, Lost))
    for kind, count in Counter(end.how for end in told).most_common():
        print(f"{kind:24} {count}")
    for seed, end in zip(seeds, ends, strict=True):
        if isinstance(end, Lost) or not end.reasoned:
            print(f"NOT WELL: {seed} {mutant(seed).content_type} {mutant(seed).damage}: {end}")
    milliseconds = sorted(1000 * end.seconds for end in told)
    print(f"median {statistics.median(milliseconds):.0f} ms, slowest {milliseconds[-1]:.0f} ms")
    own, decoder = (max(getattr(end, name) for end in told) for name in ("own_mb", "decoder_mb"))
    detail = f"{len(ends)} files, seed {chosen.seed}"
    contained = Counter(end.how for end in told)
    lines = [
        _none("fuzz_crashes", sum(lost.values()) - lost["hung"], f"{detail}; {dict(lost)}"),
        _none("fuzz_hangs", lost["hung"], f"{detail}; slowest {milliseconds[-1]:.0f} ms"),
        _none("fuzz_unreasoned", sum(not end.reasoned for end in told), detail),
        claim_line(
            name="fuzz_memory",
            value=_MOST_MEMORY_MB / max(own, decoder),
            unit=f"{_MOST_MEMORY_MB} MB over the most that was held",
            aim=1,
            detail=f"worker {own:.0f} MB, decoder {decoder:.0f} MB;"
            f" decoders that broke down {contained['decoder_died']},"
            f" ran over their time {contained['too_slow']}",
        ),
    ]
    print("\n".join(lines))
    return 0 if all('"holds": true' in line for line in lines) else 1


def _ended(seed: str) -> Ended:
    file = mutant(seed)
    started = time.perf_counter()
    seen = examine(file.data, content_type=file.content_type, bounds=_BOUNDS)
    return Ended(
        how="measured" if seen.measures["decodable"] else seen.facts["fault"],
        reasoned=_is_reasoned(seen),
        seconds=time.perf_counter() - started,
        own_mb=_peak_mb(resource.RUSAGE_SELF),
        decoder_mb=_peak_mb(resource.RUSAGE_CHILDREN),
    )


def _is_reasoned(seen: Examination) -> bool:
    if not all(math.isfinite(value) for value in seen.measures.values()):
        return False
    if seen.measures["decodable"]:
        return seen.derived is not None and seen.measures["duration_s"] > 0
    return bool(seen.facts.get("fault")) and bool(seen.facts.get("detail"))


def _peak_mb(whose: int) -> float:
    return resource.getrusage(whose).ru_maxrss / 1000


def _none(name: str, count: int, detail: str) -> str:
    """Return a claim that there was none: an aim of at least 0 holds for minus none."""
    return claim_line(name=name, value=-count, unit="files, as minus", aim=0, detail=detail)


if __name__ == "__main__":
    sys.exit(main())
