"""Be one process of the audio queue: what it takes from its start to a first verdict, and how much
memory at most. Prints one line of JSON.
"""

import json
import sys
import time
from pathlib import Path

from backend.quality.profile import read_rules
from backend.quality.verdict import judge
from benchmarks.ground.processor_time import children
from workers import app
from workers.audio.examine import examine

_PROFILE = Path(__file__).parents[2] / "backend/campaigns/default_profile.json"


def main() -> None:
    """Examine the files in `argv[2:]`, the first as the first clip; `argv[1]` is when the process
    was started.
    """
    started = float(sys.argv[1])
    rules = read_rules(json.loads(_PROFILE.read_text("utf-8")))
    files = [Path(name) for name in sys.argv[2:]]
    ready = time.time()
    judge(_measures(files[0]), rules, kind="read")
    verdict_s = time.time() - ready
    # The usual one again: what a decoder keeps is told of one that lives.
    for file in [*files[1:], files[0]]:
        _measures(file)
    print(
        json.dumps(
            {
                "application": app.__name__,
                "start_s": ready - started,
                "verdict_s": verdict_s,
                "peak_mb": _sizes("self/status", "VmHWM"),
                "decoder_own_mb": sum(_own_mb(child) for child in children()),
            }
        )
    )


def _measures(file: Path) -> dict[str, float]:
    content_type = f"audio/{file.suffix.removeprefix('.')}"
    seen = examine(file.read_bytes(), content_type=content_type, expected_s=4.0)
    if not seen.measures["decodable"]:
        raise SystemExit(f"{file.name} was not decoded: {seen.facts}")
    return seen.measures


def _own_mb(process: int) -> float:
    """Return the memory that a process does not share with the one that forked it."""
    return _sizes(f"{process}/smaps_rollup", "Private_Clean", "Private_Dirty")


def _sizes(table: str, *names: str) -> float:
    """Return sizes of a table of /proc, MB. The peak of getrusage(2) would be that of whoever
    started this process, where that one had more.
    """
    lines = [line.split() for line in (Path("/proc") / table).read_text().splitlines()]
    return sum(int(words[1]) for words in lines if words[0].rstrip(":") in names) / 1024


if __name__ == "__main__":
    main()
