"""How many prompts until nine tenths of the diphones are there, and what the next prompts cost.

`diphones_90`: people read real sentences (benchmarks.ground.prose), twenty each, as the platform
hands them out, and as fewest clips first would (Common Voice); the claim is the share of prompts
that the platform needs. `answer_100k_vs_1k`: phones ask for their next prompts in a campaign of a
thousand prompts and in one of a hundred thousand, in turn, on the same gunicorn and PostgreSQL.
As information: the same at a hundred requests a second, each from another phone.
"""

import argparse
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass
from multiprocessing.pool import Pool
from typing import Any

from benchmarks.ground.claims import claim_line, median_ratio
from benchmarks.ground.load import request_bytes
from benchmarks.ground.own_postgres import own_postgres
from benchmarks.ground.paced import Waited, send_at_pace
from benchmarks.ground.server import Server, running_server

_FEW = 1_000
_MANY = 100_000
_PHONES = 1_000
# As many as the phone's own client asks for.
_COUNT = 50
_AT_ONCE = 16
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


class WrongAnswer(RuntimeError):
    """A call was not answered as it must be: its time would mean nothing."""


@dataclass
class Asked:
    """A campaign and the requests of its phones that were not sent yet."""

    port: int
    told: dict[str, Any]
    requests: list[bytes]

    def next(self, count: int) -> list[bytes]:
        """Take so many requests, each of a phone that has not asked before."""
        taken, self.requests = self.requests[:count], self.requests[count:]
        return taken


def main() -> int:
    """Run both parts and print the claims. Returns 1 when one does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sentences", type=int, default=9000)
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--prompts", type=int, default=_MANY)
    parser.add_argument("--rounds", type=int, default=10)
    chosen = parser.parse_args()
    lines = [_diphones(chosen.sentences, chosen.seeds)]
    with (
        running_server(database="postgres") as server,
        multiprocessing.get_context("spawn").Pool(1) as pool,
    ):
        few, many = (_campaign(server, prompts) for prompts in (_FEW, chosen.prompts))
        lines.append(_cost(pool, few, many, chosen.rounds))
        for one in (few, many):
            waited = _waited(pool, one, one.next(_PHONES), per_second=100, connections=_AT_ONCE)
            print(
                f"{one.told['prompts']} prompts, {len(waited.seconds)} phones at 100 requests/s:"
                f" median {1e3 * waited.share(0.5):.0f} ms, p99 {1e3 * waited.share(0.99):.0f} ms"
            )
    print("\n".join(lines))
    return 0 if all('"holds": true' in line for line in lines) else 1


def _diphones(sentences: int, seeds: int) -> str:
    with own_postgres() as database:
        environment = {
            "DJANGO_SETTINGS_MODULE": "backend.settings",
            "DATABASE_URL": database.url,
        }
        told = _run(
            environment,
            *("-m", "benchmarks.ground.prompt_readers"),
            *("--sentences", str(sentences), "--seeds", str(seeds)),
        )
    ours, fewest = (
        [statistics.median(needed) for needed in zip(*told[name], strict=True)]
        for name in ("ours", "fewest")
    )
    for share, mine, theirs in zip(told["shares"], ours, fewest, strict=True):
        print(f"{share:.0%} of the diphones: {mine:.0f} prompts, {theirs:.0f} by fewest clips")
    return claim_line(
        name="diphones_90",
        value=ours[-1] / fewest[-1],
        unit="prompts for 90 % of the diphones over those of fewest clips first",
        aim=0.125,
        at_most=True,
        detail=f"{ours[-1]:.0f} and {fewest[-1]:.0f} of {told['sentences']} sentences from Python"
        f" packages' documentation with {told['diphones']} diphones, median of {seeds} runs",
    )


def _campaign(server: Server, prompts: int) -> Asked:
    told = _run(
        server.environment,
        *("-m", "benchmarks.ground.prompt_phones"),
        *("--prompts", str(prompts), "--phones", str(2 * _PHONES)),
    )
    print(f"{told['prompts']} prompts: {told['lists']} lists filled in {told['seconds']} s")
    path = f"/v1/campaigns/{told['slug']}/prompts?count={_COUNT}&session="
    requests = [
        request_bytes(
            "GET",
            path + ask["session"],
            host=f"127.0.0.1:{server.port}",
            token=ask["token"],
        )
        for ask in told["asks"]
    ]
    return Asked(server.port, told, requests)


def _run(environment: dict[str, str], *command: str) -> Any:
    """Run a program of ours; returns the JSON that it prints last."""
    done = subprocess.run(
        [sys.executable, *command],
        env={**os.environ, **environment, **_ONE_THREAD, "LOG_LEVEL": "CRITICAL"},
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(done.stdout.strip().splitlines()[-1])


def _cost(pool: Pool, few: Asked, many: Asked, rounds: int) -> str:
    """Ask both in turn, one phone after the other; returns the claim."""
    times: dict[int, list[float]] = {id(few): [], id(many): []}
    calls = _PHONES // (rounds + 1)
    for number in range(rounds + 1):
        for one in (few, many):
            waited = _waited(pool, one, one.next(calls), per_second=None, connections=1)
            # In the first round each process imports what it needs.
            if number:
                times[id(one)].append(waited.share(0.5))
    before, after = times[id(few)], times[id(many)]
    return claim_line(
        name="answer_100k_vs_1k",
        value=median_ratio(after, before),
        unit="time of an answer with many prompts over its time with a thousand",
        aim=1.2,
        at_most=True,
        detail=f"{_COUNT} prompts for a new speaker in {1e3 * statistics.median(before):.1f} ms"
        f" with {few.told['prompts']} prompts, {1e3 * statistics.median(after):.1f} ms with"
        f" {many.told['prompts']}, gunicorn and PostgreSQL, {rounds} rounds of {calls}",
    )


def _waited(
    pool: Pool, asked: Asked, requests: list[bytes], *, per_second: float | None, connections: int
) -> Waited:
    how = {"per_second": per_second, "connections": connections}
    waited: Waited = pool.apply(send_at_pace, (asked.port, requests), how)
    if any(status >= 300 for status in waited.statuses):
        raise WrongAnswer(f"{dict(waited.statuses)} {waited.first_bad[:300]!r}")
    return waited


if __name__ == "__main__":
    sys.exit(main())
