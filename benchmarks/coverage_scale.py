"""Do coverage and eligibility take as long among a million clips as among ten thousand?

Two platforms, each with gunicorn and PostgreSQL of its own, one with a campaign of ten thousand
clips, one of a million (benchmarks.ground.coverage_seed). They are asked in turn, so that a busy
machine slows both. As information: how long eligibility is waited for at a hundred requests a
second, and how long the million clips' counters take to be counted anew.
"""

import argparse
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.pool import Pool
from random import Random
from typing import Any

from benchmarks.ground.claims import claim_line, median_ratio
from benchmarks.ground.load import request_bytes
from benchmarks.ground.paced import Waited, send_at_pace
from benchmarks.ground.server import Server, running_server

_SLUG = "scale"
_FEW = 10_000
_MANY = 1_000_000
_AT_ONCE = 16


class WrongAnswer(RuntimeError):
    """A call was not answered as it must be: its time would mean nothing."""


@dataclass
class Asked:
    """A platform with its campaign, and the requests to it."""

    server: Server
    seeded: dict[str, Any]
    random: Random

    def coverage(self) -> bytes:
        """Return a manager's look at the coverage."""
        return self._request("GET", "coverage", self.seeded["manager"])

    def eligibility(self) -> bytes:
        """Return a phone's question about somebody, as often known here as not."""
        phone = self.random.choice(self.seeded["phones"])
        body: dict[str, Any] = {"speaker": self.random.choice(phone["speakers"])}
        if self.random.random() < 0.5:
            said = {
                "gender": self.random.choice(["female", "male"]),
                "age_band": self.random.choice(["18-29", "30-39", "40-49", "60+"]),
                "accent": self.random.choice(["north", "coast", "hills", "south", "island"]),
                # No two people say the same.
                "languages": [f"x{self.random.randrange(10**9)}"],
            }
            body = {"demographics": said}
        return self._request("POST", "eligibility", phone["token"], body)

    def _request(
        self, method: str, call: str, token: str, body: dict[str, Any] | None = None
    ) -> bytes:
        return request_bytes(
            method,
            f"/v1/campaigns/{_SLUG}/{call}",
            host=f"127.0.0.1:{self.server.port}",
            token=token,
            body=json.dumps(body).encode() if body is not None else b"",
        )


def main() -> int:
    """Seed both, ask both, print the claims. Returns 1 when one does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=_MANY)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=int, default=20, help="of the steady pace")
    chosen = parser.parse_args()
    with (
        _platform(_FEW) as few,
        _platform(chosen.clips) as many,
        multiprocessing.get_context("spawn").Pool(1) as pool,
    ):
        coverage = _in_turn(pool, [few, many], "coverage", chosen.rounds, calls=10)
        eligibility = _in_turn(pool, [few, many], "eligibility", chosen.rounds, calls=60)
        requests = [many.eligibility() for _ in range(100 * chosen.seconds)]
        paced = _waited(pool, many, requests, per_second=100, connections=_AT_ONCE)
        rebuilt = _manage(many.server, "manage.py", "rebuild_counters", _SLUG)
    lines = _claims(coverage, eligibility, chosen.clips)
    print(
        f"{chosen.clips} clips: eligibility at 100 requests/s for {chosen.seconds} s:"
        f" median {1e3 * paced.share(0.5):.0f} ms, p99 {1e3 * paced.share(0.99):.0f} ms"
        " (aim: under 100)"
    )
    print(f"{chosen.clips} clips counted anew in {rebuilt['seconds']} s (aim: under 3)")
    print("\n".join(lines))
    return 0 if rebuilt["right"] and all('"holds": true' in line for line in lines) else 1


@contextmanager
def _platform(clips: int) -> Iterator[Asked]:
    with running_server(database="postgres") as server:
        told = _manage(
            server, "-m", "benchmarks.ground.seeding", "--slug", _SLUG, "--clips", str(clips)
        )
        print(
            f"{told['clips']} clips with {told['events']} events of {told['speakers']} speakers"
            f" seeded in {told['seconds']} s"
        )
        yield Asked(server, told, Random(clips))


def _manage(server: Server, *command: str) -> Any:
    """Run a program in the server's environment; returns the JSON that it prints last."""
    done = subprocess.run(
        [sys.executable, *command],
        env={**os.environ, **server.environment, "LOG_LEVEL": "CRITICAL"},
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(done.stdout.strip().splitlines()[-1])


def _in_turn(
    pool: Pool, asked: list[Asked], call: str, rounds: int, *, calls: int
) -> list[list[float]]:
    """Return for each platform the median seconds of a call in each round, one after the other."""
    times: list[list[float]] = [[] for _ in asked]
    for number in range(rounds + 1):
        for one, its_times in zip(asked, times, strict=True):
            requests = [getattr(one, call)() for _ in range(calls)]
            waited = _waited(pool, one, requests, per_second=None, connections=1)
            # In the first round each process imports what it needs.
            if number:
                its_times.append(waited.share(0.5))
    return times


def _waited(
    pool: Pool, asked: Asked, requests: list[bytes], *, per_second: float | None, connections: int
) -> Waited:
    how = {"per_second": per_second, "connections": connections}
    waited: Waited = pool.apply(send_at_pace, (asked.server.port, requests), how)
    if any(status >= 300 for status in waited.statuses):
        raise WrongAnswer(f"{dict(waited.statuses)} {waited.first_bad[:300]!r}")
    return waited


def _claims(coverage: list[list[float]], eligibility: list[list[float]], clips: int) -> list[str]:
    def told(times: list[list[float]]) -> str:
        few, many = (1e3 * statistics.median(one) for one in times)
        return f"{few:.1f} ms among {_FEW}, {many:.1f} ms among {clips} clips"

    ratios = [median_ratio(many, few) for few, many in (coverage, eligibility)]
    return [
        claim_line(
            name="read_1m_vs_10k",
            value=max(ratios),
            unit="time of a call among many clips over its time among ten thousand, the worse one",
            aim=1.2,
            at_most=True,
            detail=f"coverage {ratios[0]:.2f} ({told(coverage)}),"
            f" eligibility {ratios[1]:.2f} ({told(eligibility)}), PostgreSQL",
        )
    ]


if __name__ == "__main__":
    sys.exit(main())
