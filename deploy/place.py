"""The directory of one platform: who holds it, its secrets, its ports, and what it tells others."""

import contextlib
import fcntl
import json
import os
import secrets
import signal
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from deploy.children import StartFailed
from deploy.ports import free_ports

_SECRETS = (
    "secret_key",
    "store_admin_secret",
    "store_app_secret",
    "broker_password",
    "database_password",
    "label_studio_secret_key",
    "label_studio_password",
)


class Place:
    """One platform's `var/`: data, logs and the files below.

    `run.lock` is held while the platform runs; `secrets.json` and `ports.json` are made once and
    kept; `run.json` and `run.env` say how to reach the running platform.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory.resolve()
        self.logs = self.directory / "logs"
        self._lock: int | None = None

    def take(self) -> None:
        """Hold the directory. Raises StartFailed when another process does."""
        self.logs.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.directory / "run.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            address = self.told().get("web_url", "still starting")
            raise StartFailed(
                f"the platform in {self.directory} is already running ({address})"
            ) from None
        self._lock = handle
        self._wait_for_leftovers()

    def release(self) -> None:
        """Let the directory go, and take back what was told about the running platform."""
        for name in ("run.json", "run.env", "pids.json"):
            (self.directory / name).unlink(missing_ok=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def secrets(self) -> dict[str, str]:
        """Return the generated secrets, made at the first start and readable by the owner only."""
        path = self.directory / "secrets.json"
        known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        made = {name: secrets.token_urlsafe(32) for name in _SECRETS if name not in known}
        if "label_studio_token" not in known:
            made["label_studio_token"] = secrets.token_hex(20)
        if made:
            known |= made
            write_private(path, json.dumps(known, indent=1))
        return known

    def remember(self, name: str, facts: Mapping[str, Any]) -> dict[str, Any]:
        """Return `facts` with what is missing (null) filled from the last time they were known.

        A password is told once, when it is made; afterwards only its hash is known elsewhere.
        """
        path = self.directory / f"{name}.json"
        known: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        known |= {key: value for key, value in facts.items() if value is not None}
        write_private(path, json.dumps(known, indent=1))
        return known

    def ports(self, names: Iterable[str], *, wanted: Mapping[str, int]) -> dict[str, int]:
        """Return a free port for each name: last time's, else the wanted one, else another.

        A port that is taken now is still remembered: phones know the address, so the next start
        tries it again.
        """
        path = self.directory / "ports.json"
        known: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}
        ports = free_ports(names, wanted={**wanted, **known})
        path.write_text(json.dumps({**ports, **known}, indent=1))
        return ports

    def tell(self, facts: Mapping[str, Any], environment: Mapping[str, str]) -> None:
        """Write how to reach the platform, for its owner only: it holds every key."""
        lines = (f"{name}={value}" for name, value in sorted(environment.items()))
        write_private(self.directory / "run.env", "\n".join(lines) + "\n")
        write_private(self.directory / "run.json", json.dumps(facts, indent=1) + "\n")

    def told(self) -> dict[str, Any]:
        """Return what was told last, empty when nothing runs."""
        try:
            told: dict[str, Any] = json.loads((self.directory / "run.json").read_text())
        except (OSError, ValueError):
            return {}
        return told

    def note_pids(self, pids: Mapping[str, int]) -> None:
        """Remember the children, so that a start after a kill waits for them to be gone."""
        started = {name: [pid, _started_at(pid)] for name, pid in pids.items()}
        write_private(self.directory / "pids.json", json.dumps(started))

    def _wait_for_leftovers(self, *, seconds: float = 20.0) -> None:
        """Wait for children of a killed platform: two stores on one directory would break it.

        They are told to stop by the kernel when their parent dies; whoever has not obeyed when
        time is up is killed.
        """
        try:
            noted: dict[str, list[int]] = json.loads((self.directory / "pids.json").read_text())
        except (OSError, ValueError):
            return
        until = time.monotonic() + seconds
        left = [(pid, started) for pid, started in noted.values() if started]
        while left and time.monotonic() < until:
            time.sleep(0.1)
            left = [(pid, started) for pid, started in left if _started_at(pid) == started]
        for pid, _ in left:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step, readable by its owner only."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(text)
    draft.replace(path)


def _started_at(pid: int) -> int:
    """Return when a process started, in ticks since boot: with it a pid names one process only.

    0 when there is no such process, or it is a zombie.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return 0
    return 0 if fields[0] == "Z" else int(fields[19])
