"""What a clip's announcement and confirmation cost beside the least that Django can do.

`intent`: requests a second of PUT /v1/clips/{id} beside a bare view with one indexed SELECT and
one INSERT. `confirm`: of POST /v1/clips/{id}/uploaded beside that view plus one HEAD to the store.
`batch`: clips a second announced by 50 beside one by one. All on the same gunicorn, database and
store, in rounds that take turns, so that a busy machine slows both sides of each ratio.
"""

import argparse
import multiprocessing
import statistics
import sys
from collections.abc import Callable, Sequence
from multiprocessing.pool import Pool

from benchmarks.ground.claims import claim_line, median_ratio
from benchmarks.ground.enrolled import EnrolledPhone, Take, enrol_phone, put_audio
from benchmarks.ground.load import play
from benchmarks.ground.server import Server, running_server

BATCH = 50
_CONNECTIONS = 8


class WrongAnswer(RuntimeError):
    """A request of a round was not answered as it must be: its rate would mean nothing."""


class Rounds:
    """Plays rounds of requests from a process beside this one; keeps the rates by name."""

    def __init__(self, pool: Pool, port: int) -> None:
        self._pool = pool
        self._port = port
        self.rates: dict[str, list[float]] = {}

    def play(self, name: str, requests: Sequence[bytes], *, per_request: int = 1) -> None:
        """Play one round; `per_request`: how many clips one request carries."""
        played = self._pool.apply(play, (self._port, list(requests), _CONNECTIONS))
        if any(status >= 300 for status in played.statuses):
            raise WrongAnswer(f"{name}: {dict(played.statuses)} {played.first_bad[:300]!r}")
        rate = len(requests) * per_request / played.seconds
        self.rates.setdefault(name, []).append(rate)

    def told(self, name: str) -> str:
        """Return the median rate for people."""
        return f"{statistics.median(self.rates[name]):.0f}/s"


def main() -> int:
    """Run the rounds and print the claims. Returns 1 when one does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--requests", type=int, default=300, help="single calls in a round")
    chosen = parser.parse_args()
    with (
        running_server(database=chosen.database) as server,
        multiprocessing.get_context("spawn").Pool(1) as pool,
    ):
        rounds = Rounds(pool, server.port)
        phone = enrol_phone(server)
        _play_all(rounds, server, phone, chosen.rounds, chosen.requests)
    print(f"{chosen.database}, {_CONNECTIONS} connections, median of {chosen.rounds} rounds:")
    for name in rounds.rates:
        print(f"  {name:14} {rounds.told(name)}")
    lines = _claims(rounds, chosen.database)
    print("\n".join(lines))
    return 0 if all('"holds": true' in line for line in lines) else 1


def _play_all(
    rounds: Rounds, server: Server, phone: EnrolledPhone, count: int, requests: int
) -> None:
    # Each web process imports what it needs at its first call of a kind, the broker's client too.
    warm = phone.takes(50)
    play(server.port, [phone.bare("row", take) for take in warm], _CONNECTIONS)
    put_audio(server, phone, warm)
    play(server.port, [phone.confirm(take) for take in warm], _CONNECTIONS)

    def each(takes: list[Take], request: Callable[[Take], bytes]) -> list[bytes]:
        return [request(take) for take in takes]

    for _ in range(count):
        takes = phone.takes(requests)
        rounds.play("bare", each(takes, lambda take: phone.bare("row", take)))
        rounds.play("intent", each(takes, phone.announce))
        groups = [phone.takes(BATCH) for _ in range(max(requests // BATCH, 1))]
        rounds.play("batch", [phone.announce_all(group) for group in groups], per_request=BATCH)
        put_audio(server, phone, takes)
        rounds.play("bare + HEAD", each(takes, lambda take: phone.bare("row-and-head", take)))
        rounds.play("confirm", each(takes, phone.confirm))


def _claims(rounds: Rounds, database: str) -> list[str]:
    rates = rounds.rates
    return [
        claim_line(
            name="intent",
            value=median_ratio(rates["intent"], rates["bare"]),
            unit="requests/s over a bare view's",
            aim=0.30,
            detail=f"PUT /v1/clips/{{id}} {rounds.told('intent')}, bare {rounds.told('bare')},"
            f" {database}",
        ),
        claim_line(
            name="confirm",
            value=median_ratio(rates["confirm"], rates["bare + HEAD"]),
            unit="requests/s over a bare view's with a HEAD",
            aim=0.50,
            detail=f"POST /v1/clips/{{id}}/uploaded {rounds.told('confirm')},"
            f" bare {rounds.told('bare + HEAD')}, {database}",
        ),
        claim_line(
            name="batch",
            value=median_ratio(rates["batch"], rates["intent"]),
            unit="clips/s over single calls'",
            aim=3.0,
            detail=f"batches of {BATCH} {rounds.told('batch')}, single {rounds.told('intent')},"
            f" {database}",
        ),
    ]


if __name__ == "__main__":
    sys.exit(main())
