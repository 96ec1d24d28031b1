"""Calls that outlive what a bad network and a restarting server do to them."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from random import Random
from typing import Any

import httpx

Answer = httpx.Response
# What says "not now": the request did nothing, or may be repeated because its id makes it harmless.
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_LONGEST_PAUSE = 5.0


class GaveUp(Exception):
    """Nobody answered for longer than the rehearsal is patient."""


class Refused(Exception):
    """An answer that repeating cannot change, with the problem's type where there is one."""

    def __init__(self, what: str, answer: Answer) -> None:
        self.status = answer.status_code
        self.problem = ""
        with contextlib.suppress(ValueError):
            body = answer.json()
            if isinstance(body, dict):
                self.problem = str(body.get("type", "")).rpartition(":")[2]
        super().__init__(f"{what}: {self.status} {self.problem}")


class Network:
    """One phone's way to the servers, with faults made on purpose at random by seed.

    `drop` is the share of requests that are sent and hung up on before the answer, and, as often,
    of those that are sent twice.
    """

    def __init__(
        self,
        base_url: str,
        *,
        rng: Random,
        drop: float = 0.0,
        patience: float = 300.0,
        verify: ssl.SSLContext | bool = True,
    ) -> None:
        # Loopback and local networks only: a proxy for the world outside would not know them.
        self._client = httpx.Client(base_url=base_url, timeout=30, trust_env=False, verify=verify)
        self._rng = rng
        self._drop = drop
        self._patience = patience
        self._verify = verify
        self.dropped = 0
        self.repeated = 0
        self.retried = 0
        self.stopping = threading.Event()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def send(
        self,
        method: str,
        url: str,
        *,
        body: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send until somebody answers, whatever is answered; raises GaveUp.

        5xx, 408 and 429 are waited out like a connection that fails.
        """
        until = time.monotonic() + self._patience
        pause = 0.1
        while True:
            request = self._client.build_request(
                method, url, json=body, content=content, headers=dict(headers or {})
            )
            if self._rng.random() < self._drop:
                self._hang_up(request)
            try:
                answer = self._client.send(request)
                if self._rng.random() < self._drop:
                    self.repeated += 1
                    answer = self._client.send(request)
            except httpx.TransportError as error:
                why = type(error).__name__
            else:
                if answer.status_code not in _AGAIN:
                    return answer
                why = str(answer.status_code)
            if time.monotonic() > until or self.stopping.is_set():
                raise GaveUp(f"{method} {request.url.path}: {why}")
            self.retried += 1
            time.sleep(pause * self._rng.uniform(0.5, 1.5))
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _hang_up(self, request: httpx.Request) -> None:
        """Send the request, whole or in part, and close the connection before the answer."""
        self.dropped += 1
        request.read()
        lines = [f"{request.method} {request.url.raw_path.decode()} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in request.headers.items()]
        whole = "\r\n".join(lines).encode() + b"\r\n\r\n" + request.content
        part = whole if self._rng.random() < 0.5 else whole[: self._rng.randrange(1, len(whole))]
        port = request.url.port or (443 if request.url.scheme == "https" else 80)
        with contextlib.suppress(OSError):
            self._send_bare(request.url, port, part)

    def _send_bare(self, url: httpx.URL, port: int, content: bytes) -> None:
        with contextlib.ExitStack() as stack:
            connection = stack.enter_context(socket.create_connection((url.host, port), timeout=5))
            if url.scheme == "https":
                given = self._verify if isinstance(self._verify, ssl.SSLContext) else None
                context = given or ssl.create_default_context()
                connection = stack.enter_context(
                    context.wrap_socket(connection, server_hostname=url.host)
                )
            connection.sendall(content)
            # Long enough that the server may have begun to work on it.
            time.sleep(self._rng.uniform(0, 0.05))


def expect(what: str, answer: Answer, *statuses: int) -> Any:
    """Return the answer's JSON; raises Refused for any status but these."""
    if answer.status_code not in statuses:
        raise Refused(what, answer)
    return answer.json() if answer.content else None
