"""Child processes that die with their parent, log to a file and stop in good order."""

import ctypes
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

_libc = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


class StartFailed(RuntimeError):
    """A child did not come up; the message says which one and what it said last."""


def binary(name: str, directory: Path) -> Path:
    """Return a program from `directory` or PATH. Raises StartFailed when it is in neither."""
    beside = directory / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise StartFailed(f"{name} is not installed: run `make setup`")
    return Path(found)


def last_lines(log: Path, count: int = 5) -> str:
    """Return the end of a log on one line, for a message that a person reads."""
    if not log.exists():
        return "it said nothing"
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return " / ".join(lines[-count:]) or "it said nothing"


@dataclass(kw_only=True)
class Child:
    """One process: how to start it, how to ask it to stop, and when to stop asking.

    `death_signal` is what the kernel sends it when the parent dies. It fires on the death of the
    *thread* that forked, so `start` must be called from a thread that lives as long as the parent.
    """

    name: str
    command: Sequence[str | Path]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    without: Sequence[str] = ()
    directory: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 15.0
    user: tuple[int, int] | None = None
    process: "subprocess.Popen[bytes] | None" = None
    _asked: bool = False

    def start(self) -> None:
        """Spawn it in a session of its own, so that the terminal's Ctrl-C reaches only us."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._asked = False
        uid, gid = self.user or (None, None)
        with self.log.open("ab") as log:
            log.write(f"--- {self.name} starts\n".encode())
            log.flush()
            self.process = subprocess.Popen(
                [str(part) for part in self.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._whole_environment(),
                cwd=self.directory,
                start_new_session=True,
                preexec_fn=partial(die_with, os.getpid(), self.death_signal),
                user=uid,
                group=gid,
                extra_groups=[] if self.user else None,
            )

    def _whole_environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if name not in self.without}
        return inherited | dict(self.environment)

    @property
    def pid(self) -> int:
        """The process id; StartFailed when it was never started."""
        if self.process is None:
            raise StartFailed(f"{self.name} was not started")
        return self.process.pid

    def exit_code(self) -> int | None:
        """Return how it ended (negative: by that signal), or None while it runs."""
        return None if self.process is None else self.process.poll()

    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self.process is not None and self.process.poll() is None

    def wait_until(self, ready: Callable[[], bool], *, seconds: float) -> None:
        """Poll `ready` until it is true. Raises StartFailed when the child ends or time is up."""
        until = time.monotonic() + seconds
        while not ready():
            if not self.running():
                raise StartFailed(
                    f"{self.name} ended with {self.exit_code()}: {last_lines(self.log)}"
                )
            if time.monotonic() > until:
                raise StartFailed(
                    f"{self.name} was not ready after {seconds:.0f} s: {last_lines(self.log)}"
                )
            time.sleep(0.05)

    def ask_to_stop(self) -> None:
        """Send it the signal to stop, once, and do not wait."""
        if self.process is not None and self.process.poll() is None and not self._asked:
            self._asked = True
            self.process.send_signal(self.stop_signal)

    def stop(self) -> None:
        """Ask it to stop, wait, then kill what is left of its process group."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.ask_to_stop()
            try:
                self.process.wait(self.stop_seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.sweep()

    def kill(self) -> None:
        """End it at once, without its consent, and everything it started."""
        if self.process is not None:
            self.sweep()
            self.process.wait()

    def sweep(self) -> None:
        """Kill what is left of its process group: a dead main process may leave workers behind."""
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return


def die_with(parent: int, death_signal: signal.Signals) -> None:
    """Tie the calling process's life to its parent's (Linux only)."""
    _libc.prctl(_PR_SET_PDEATHSIG, int(death_signal))
    # The parent may have died before the call; comparing with 1 would be wrong in a container.
    if os.getppid() != parent:
        os._exit(1)
