"""Requests at a steady pace, or one after the other: how long each was waited for.

At a pace, a request's time counts from the moment it was due, not from when a connection was free
for it: else a server that stands still would be asked less often, and look quick.
"""

import socket
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.ground.load import answer_of


@dataclass
class Waited:
    """Seconds by request, in the order in which they were due, and how often each status came."""

    seconds: list[float] = field(default_factory=list)
    statuses: "Counter[int]" = field(default_factory=Counter)
    first_bad: bytes = b""

    def share(self, part: float) -> float:
        """Return the time within which this part of all requests was answered."""
        return sorted(self.seconds)[min(len(self.seconds) - 1, int(part * len(self.seconds)))]


def send_at_pace(
    port: int, requests: Sequence[bytes], *, per_second: float | None, connections: int
) -> Waited:
    """Send each request once when it is due; without a pace, when a connection is free.

    Raises OSError.
    """
    waited = Waited(seconds=[0.0] * len(requests))
    lock = threading.Lock()
    numbers = iter(range(len(requests)))
    faults: list[OSError] = []
    begin = time.perf_counter() + 0.1

    def send_in_turn() -> None:
        try:
            with socket.create_connection(("127.0.0.1", port), 60) as connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while True:
                    with lock:
                        number = next(numbers, None)
                    if number is None:
                        return
                    due = time.perf_counter()
                    if per_second is not None:
                        due = begin + number / per_second
                        time.sleep(max(0.0, due - time.perf_counter()))
                    connection.sendall(requests[number])
                    status, body = answer_of(connection)
                    waited.seconds[number] = time.perf_counter() - due
                    with lock:
                        waited.statuses[status] += 1
                        if status >= 300:
                            waited.first_bad = waited.first_bad or body
        except OSError as error:
            faults.append(error)

    threads = [threading.Thread(target=send_in_turn) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    return waited
