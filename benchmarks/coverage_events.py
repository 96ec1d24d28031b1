"""A million random events from eight writers at once: are the counters what a recount says?

Moves, the same sent again, crashes between an event and its commit, processes killed at any
moment, withdrawals of clips and speakers, corrections, promises and their end, all through the
services that production has, on PostgreSQL in a directory of its own. Afterwards everything is
counted anew, and one counter is spoilt to see that the recount finds it.
"""

import argparse
import os
import subprocess
import sys

from benchmarks.ground.own_postgres import own_postgres


def main() -> int:
    """Let the writers loose and count. Returns 1 when the claim does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--clips", type=int, default=40_000, help="that are there at the start")
    parser.add_argument("--kills", type=int, default=24, help="processes that die of SIGKILL")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    command = ["-m", "benchmarks.ground.storm_report"]
    for name, value in vars(chosen).items():
        command += [f"--{name}", str(value)]
    with own_postgres() as database:
        environment = {
            "DATABASE_URL": database.url,
            "DJANGO_SETTINGS_MODULE": "backend.settings",
            "LOG_LEVEL": "CRITICAL",
        }
        done = subprocess.run(
            [sys.executable, *command], env={**os.environ, **environment}, check=False
        )
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
