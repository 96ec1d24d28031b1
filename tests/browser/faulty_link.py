"""A link that breaks: a TCP proxy before a real server, which cuts, stalls, refuses, loses answers.

It reads HTTP/1.1 as a browser sends it (one request after the other, bodies of a known length), so
that a fault hits a whole request of a certain method, and leaves the browser's own questions
beforehand (OPTIONS) alone.
"""

import asyncio
import threading
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import urlsplit

Fault = Literal["ok", "503", "lost", "stall", "cut-half"]
_CHUNK = 4096
_BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\nAccess-Control-Allow-Origin: *\r\n"
    b"Content-Length: 0\r\n\r\n"
)


class Broken(Exception):
    """The connection ends here."""


@dataclass(frozen=True)
class Transfer:
    """A request of the method that matters, which came through whole."""

    path: str
    bytes: int


class FaultyLink:
    """Use as a context manager; `faults` says what becomes of the next requests that matter.

    `cut_after`: every connection is cut once the browser has sent so many bytes on it (0: never).
    `whole`: the requests that came through whole, in order. How often one was tried before says
    nothing about the page: a browser itself repeats a request whose old connection turns out to be
    dead, and how much of a connection's allowance is left for the next request is chance.
    `stalled`: the paths of those that were held.
    """

    def __init__(self, upstream: str, *, method: str) -> None:
        self._host, _, port = upstream.removeprefix("http://").partition(":")
        self._port = int(port)
        self._method = method
        self.faults: deque[Fault] = deque()
        self.cut_after = 0
        self.stall_seconds = 30.0
        self.whole: list[Transfer] = []
        self.stalled: list[str] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = self._run(asyncio.start_server(self._serve, "127.0.0.1", 0))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=120)
        self._loop.close()

    @property
    def url(self) -> str:
        """Where the browser finds the link."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def _run(self, work: Any) -> Any:
        future: Future[Any] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return future.result(timeout=120)

    async def _close(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        connection = _Connection(self, reader, writer)
        try:
            await connection.run()
        except (Broken, OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            connection.abort()
            self._tasks.discard(task)

    async def open_upstream(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to the real server."""
        return await asyncio.open_connection(self._host, self._port)

    def next_fault(self, method: str) -> Fault:
        """Take what is to become of this request."""
        if method != self._method or not self.faults:
            return "ok"
        return self.faults.popleft()

    def note_whole(self, method: str, path: str, length: int) -> None:
        """Remember a request that came through."""
        if method == self._method:
            self.whole.append(Transfer(path, length))


class _Connection:
    """One connection of the browser, with its own to the server behind."""

    def __init__(
        self, link: FaultyLink, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._link = link
        self._reader, self._writer = reader, writer
        self._upstream: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._answers: asyncio.Task[None] | None = None
        self._lost = False
        self._count = 0

    async def run(self) -> None:
        """Carry requests one by one until either side ends, or a fault does."""
        while True:
            head = await self._reader.readuntil(b"\r\n\r\n")
            method, target, _ = head.decode("latin-1").split(" ", 2)
            fault = self._link.next_fault(method)
            path = urlsplit(target).path
            if fault == "stall":
                self._link.stalled.append(path)
                await asyncio.sleep(self._link.stall_seconds)
                raise Broken
            self._lost = fault == "lost"
            length = _length_of(head)
            if fault == "503":
                await self._reader.readexactly(length)
                self._writer.write(_BUSY)
                await self._writer.drain()
                continue
            await self._forward(head)
            left = length // 2 if fault == "cut-half" else length
            while left:
                piece = await self._reader.read(min(left, _CHUNK))
                if not piece:
                    raise Broken
                left -= len(piece)
                await self._forward(piece)
            if fault == "cut-half":
                raise Broken
            self._link.note_whole(method, path, length)

    async def _forward(self, data: bytes) -> None:
        cut = self._link.cut_after
        if cut and self._count + len(data) > cut:
            data = data[: max(0, cut - self._count)]
        self._count += len(data)
        if self._upstream is None:
            self._upstream = await self._link.open_upstream()
            self._answers = asyncio.ensure_future(self._carry_answers(self._upstream[0]))
        self._upstream[1].write(data)
        await self._upstream[1].drain()
        if cut and self._count >= cut:
            raise Broken

    async def _carry_answers(self, upstream: asyncio.StreamReader) -> None:
        while piece := await upstream.read(65_536):
            if self._lost:
                break
            self._writer.write(piece)
            await self._writer.drain()
        self.abort()

    def abort(self) -> None:
        """Cut both sides at once, as a link does."""
        if self._answers is not None and self._answers is not asyncio.current_task():
            self._answers.cancel()
        for writer in (self._writer, self._upstream[1] if self._upstream else None):
            if writer is not None:
                writer.transport.abort()


def _length_of(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0
