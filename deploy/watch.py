"""Keep children running: restart what dies, later each time, and stop them in reverse order."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from deploy.children import Child, last_lines

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
_STEADY_SECONDS = 60.0


@dataclass
class _Watched:
    child: Child
    layer: int
    pause: float = _FIRST_PAUSE
    started: float = field(default_factory=time.monotonic)
    restart_at: float | None = None


class Watch:
    """The children of one platform, in layers: each needs only those below it."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._watched: dict[str, _Watched] = {}

    def add(self, child: Child, *, layer: int) -> None:
        """Watch a child that has been started; it needs those of the layers below."""
        self._watched[child.name] = _Watched(child, layer)

    def pids(self) -> dict[str, int]:
        """Return the process id of every child that runs."""
        return {
            name: watched.child.pid
            for name, watched in self._watched.items()
            if watched.child.running()
        }

    def tick(self) -> bool:
        """Restart what has died and is due. Returns whether a process changed."""
        changed = False
        now = time.monotonic()
        for watched in self._watched.values():
            if watched.restart_at is None:
                if watched.child.running():
                    continue
                self._schedule(watched, now)
            elif now >= watched.restart_at:
                watched.restart_at = None
                watched.started = now
                watched.child.start()
                changed = True
        return changed

    def _schedule(self, watched: _Watched, now: float) -> None:
        child = watched.child
        # A main process that was killed leaves its workers; they must not work beside the new ones.
        child.sweep()
        if now - watched.started > _STEADY_SECONDS:
            watched.pause = _FIRST_PAUSE
        watched.restart_at = now + watched.pause
        self._say(
            f"{child.name} ended with {child.exit_code()}; starting it again in "
            f"{watched.pause:g} s. It said last: {last_lines(child.log, 1)}"
        )
        watched.pause = min(watched.pause * 2, _LONGEST_PAUSE)

    def stop(self) -> None:
        """Stop all, the highest layer first; within a layer they stop at the same time."""
        for layer in sorted({watched.layer for watched in self._watched.values()}, reverse=True):
            children = [
                watched.child for watched in self._watched.values() if watched.layer == layer
            ]
            for child in children:
                child.ask_to_stop()
            for child in children:
                child.stop()
        self._watched.clear()
