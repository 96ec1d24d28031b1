"""Do many pieces of work in several processes that may die, and give the results in order."""

import multiprocessing
import signal
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Final, Generic, TypeVar

# How far ahead of the next result work may run, for each process: results wait in memory.
_AHEAD: Final = 16
_TRIES: Final = 2
_DIED, _HUNG = "died", "hung"
_ENDED: Final = (_DIED, _HUNG)

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Lost:
    """No result: the work raised, or its process died or hung twice; `why` names which."""

    why: str


@dataclass
class _Child:
    """A process, our end of its pipe, and what it is busy with since when."""

    process: BaseProcess
    pipe: "Connection[Any, Any]"
    busy: int | None = None
    since: float = 0.0


class OrderedPool(Generic[Item, Result]):
    """Runs `work(item)` in forked processes; what they need is what this process holds.

    A process that dies or takes longer than `patience_s` seconds is replaced and its item given to
    another one; an item that fails so twice is Lost, and all others go on.
    """

    def __init__(
        self, work: Callable[[Item], Result], *, processes: int, patience_s: float
    ) -> None:
        """Keep what to do; no process is started yet."""
        self._work = work
        self._processes = processes
        self._patience_s = patience_s
        self._context = multiprocessing.get_context("fork")
        self._children: list[_Child] = []

    def map(self, items: Sequence[Item]) -> Generator[Result | Lost, None, None]:
        """Yield a result or Lost for each item, in their order; closed early it ends all
        processes.
        """
        waiting = list(range(len(items)))[::-1]
        tries = [0] * len(items)
        done: dict[int, Result | Lost] = {}
        following = 0
        try:
            for _ in range(min(self._processes, len(items))):
                self._start(items)
            while True:
                while following in done:
                    yield done.pop(following)
                    following += 1
                if following == len(items):
                    return
                room = following + _AHEAD * self._processes
                for child in self._children:
                    if child.busy is None and waiting and waiting[-1] < room:
                        self._give(child, waiting.pop())
                for number, result in self._answers(items):
                    tries[number] += 1
                    ended = isinstance(result, Lost) and result.why in _ENDED
                    if ended and tries[number] < _TRIES:
                        waiting.append(number)
                    else:
                        done[number] = result
        finally:
            for child in list(self._children):
                self._end(child)

    def _start(self, items: Sequence[Item]) -> None:
        ours, theirs = self._context.Pipe()
        # A child that held another's pipe open would keep it from seeing that we are gone.
        foreign = [ours, *(child.pipe for child in self._children)]
        process = self._context.Process(
            target=_serve, args=(theirs, foreign, self._work, items), daemon=True
        )
        process.start()
        theirs.close()
        self._children.append(_Child(process, ours))

    def _give(self, child: _Child, number: int) -> None:
        child.busy, child.since = number, time.monotonic()
        try:
            child.pipe.send(number)
        except OSError:
            # It died while idle; its end of the pipe tells so in a moment.
            return

    def _answers(self, items: Sequence[Item]) -> list[tuple[int, Any]]:
        """Wait for news; return (item's number, result) of those that have one."""
        news: list[tuple[int, Any]] = []
        busy = {child.pipe: child for child in self._children if child.busy is not None}
        first = min((child.since for child in busy.values()), default=time.monotonic())
        left = max(0.0, first + self._patience_s - time.monotonic())
        for pipe in wait(list(busy), timeout=left):
            child = busy[pipe]  # type: ignore[index]  # typeshed: wait may give what it was given
            number, child.busy = child.busy, None
            try:
                result = child.pipe.recv()
            except (EOFError, OSError):
                result = Lost(_DIED)
                self._end(child)
            if number is not None:
                news.append((number, result))
        for child in list(self._children):
            late = time.monotonic() - child.since > self._patience_s
            if child.busy is not None and late and not child.pipe.poll():
                news.append((child.busy, Lost(_HUNG)))
                self._end(child)
        while len(self._children) < min(self._processes, len(items)):
            self._start(items)
        return news

    def _end(self, child: _Child) -> None:
        self._children.remove(child)
        child.process.kill()
        child.process.join()
        child.process.close()
        child.pipe.close()


def _serve(
    pipe: "Connection[Any, Any]",
    foreign: Sequence["Connection[Any, Any]"],
    work: Callable[[Item], Result],
    items: Sequence[Item],
) -> None:
    """Work in the child until the parent is gone. Ctrl-C is the parent's to answer."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for other in foreign:
        other.close()
    while True:
        try:
            number = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            answer: Result | Lost = work(items[number])
        except Exception as error:
            # A fault of ours: the others shall still be worked through, and this one named.
            answer = Lost(type(error).__name__)
        try:
            pipe.send(answer)
        except OSError:
            return
