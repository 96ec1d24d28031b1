"""A load from a process of its own: prepared requests over kept-alive sockets, so that the client
costs as little as possible of the machine it shares with the server.
"""

import socket
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

_TIMEOUT_SECONDS = 60.0


@dataclass
class Played:
    """How long a load took, and how often each status was answered."""

    seconds: float = 0.0
    statuses: "Counter[int]" = field(default_factory=Counter)
    first_bad: bytes = b""


def request_bytes(
    method: str, path: str, *, host: str, token: str = "", body: bytes = b""
) -> bytes:
    """Return one HTTP/1.1 request, ready to send."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", f"Content-Length: {len(body)}"]
    if body:
        lines.append("Content-Type: application/json")
    if token:
        lines.append(f"Authorization: Bearer {token}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def play(port: int, requests: Sequence[bytes], connections: int) -> Played:
    """Send every request once, over so many connections at once. Raises OSError."""
    done = Played()
    lock = threading.Lock()
    waiting = iter(requests)
    faults: list[OSError] = []

    def send_in_turn() -> None:
        statuses: Counter[int] = Counter()
        bad = b""
        try:
            with socket.create_connection(("127.0.0.1", port), _TIMEOUT_SECONDS) as connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while True:
                    with lock:
                        request = next(waiting, None)
                    if request is None:
                        break
                    connection.sendall(request)
                    status, body = answer_of(connection)
                    statuses[status] += 1
                    if status >= 300 and not bad:
                        bad = body
        except OSError as error:
            faults.append(error)
        with lock:
            done.statuses += statuses
            done.first_bad = done.first_bad or bad

    threads = [threading.Thread(target=send_in_turn) for _ in range(connections)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done.seconds = time.perf_counter() - started
    if faults:
        raise faults[0]
    return done


def answer_of(connection: socket.socket) -> tuple[int, bytes]:
    """Read one answer with a Content-Length: (status, body).

    Raises ConnectionError when it ends before.
    """
    data = bytearray()
    while (end := data.find(b"\r\n\r\n")) < 0:
        part = connection.recv(65536)
        if not part:
            raise ConnectionError("the server closed the connection")
        data += part
    head = bytes(data[:end]).lower()
    start = head.find(b"content-length:")
    if start < 0:
        raise ConnectionError("an answer without a length")
    length = int(head[start + 15 : head.find(b"\r\n", start) if b"\r\n" in head[start:] else None])
    while len(data) < end + 4 + length:
        part = connection.recv(65536)
        if not part:
            raise ConnectionError("the server closed the connection")
        data += part
    return int(head[9:12]), bytes(data[end + 4 :])
