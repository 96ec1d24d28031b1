"""Label Studio: installed beside the platform in the background, then started on loopback."""

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from deploy.children import Child, last_lines
from deploy.ports import free_ports, listening_ports

VENV = ".venv-label-studio"
ADMIN_EMAIL = "admin@fieldvoice.local"
_START_SECONDS = 600.0


class LabelStudio:
    """One instance with its own database under `directory`, and one administrator.

    The token is of the old, never expiring kind and works only because it is switched on before
    the first start, when the organization is created.

    Label Studio binds its port only after its migrations, minutes after the port was chosen, and
    takes the next one without a word when it is taken by then. So whoever answers on `port` is
    ours only when our own process listens there (`answers`, `strayed`).
    """

    def __init__(
        self,
        directory: Path,
        *,
        repository: Path,
        port: int,
        password: str,
        token: str,
        secret_key: str,
        log: Path,
    ) -> None:
        self.directory = directory
        self.password = password
        self.token = token
        self._program = repository / VENV / "bin" / "label-studio"
        self._seated: subprocess.Popen[bytes] | None = None
        data = directory / "data"
        self.child = Child(
            name="label-studio",
            command=[],
            log=log,
            directory=directory,
            environment={
                "LABEL_STUDIO_BASE_DATA_DIR": str(data),
                "XDG_DATA_HOME": str(directory / "home"),
                "LABEL_STUDIO_USERNAME": ADMIN_EMAIL,
                "LABEL_STUDIO_PASSWORD": password,
                "LABEL_STUDIO_USER_TOKEN": token,
                "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
                "LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK": "true",
                "SECRET_KEY": secret_key,
                # It refuses webhooks to reserved networks, and the platform is on loopback. Only
                # the cloud's metadata network stays banned; polling works where a webhook does not.
                "USE_DEFAULT_BANNED_SUBNETS": "false",
                "USER_ADDITIONAL_BANNED_SUBNETS": "169.254.0.0/16",
                # It reports home by default, in three ways.
                "COLLECT_ANALYTICS": "false",
                "LATEST_VERSION_CHECK": "false",
                "SENTRY_DSN": "",
                "FRONTEND_SENTRY_DSN": "",
                "SENTRY_RATE": "0",
                "FEATURE_FLAGS_OFFLINE": "true",
                "DEBUG": "false",
                "LOG_LEVEL": "INFO",
                "DJANGO_DB": "sqlite",
            },
            # It is a Django of its own, with other settings under the same names.
            without=("DJANGO_SETTINGS_MODULE", "DATABASE_URL", "ALLOWED_HOSTS", "PYTHONPATH"),
        )
        self._use(port)

    def _use(self, port: int) -> None:
        self.port = port
        self.child.command = [
            self._program,
            *("start", "--no-browser", "--internal-host", "127.0.0.1"),
            *("--port", str(port), "--data-dir", self.directory / "data"),
        ]
        self.child.environment = {**self.child.environment, "LABEL_STUDIO_HOST": self.url}

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Spawn it."""
        (self.directory / "data").mkdir(parents=True, exist_ok=True)
        self.child.start()

    def wait(self, *, seconds: float = 180.0) -> None:
        """Return when it is up, perhaps on another port; the first start runs all migrations."""

        def ready() -> bool:
            if self.strayed():
                self.move()
            return self.answers()

        self.child.wait_until(ready, seconds=seconds)

    def answers(self) -> bool:
        """Whether our own process listens on the port and its health page says that it is up."""
        if not self.child.running() or self.port not in listening_ports(self.child.pid):
            return False
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=2) as answer:  # noqa: S310 - our own loopback address
                return bool(json.load(answer).get("status") == "UP")
        except (OSError, ValueError, urllib.error.URLError):
            return False

    def strayed(self) -> bool:
        """Whether it listens elsewhere than it was told, because its port was taken."""
        if not self.child.running() or self._seated is self.child.process:
            return False
        ports = listening_ports(self.child.pid)
        if self.port in ports:
            self._seated = self.child.process
            return False
        return bool(ports)

    def move(self) -> None:
        """Start it again on another free port: its links hold the port that it was told."""
        self.child.kill()
        self._use(free_ports(["label_studio"])["label_studio"])
        self.child.start()


@dataclass
class _Step:
    """One stage on the way to ready, with the process that does it."""

    state: str
    child: Child
    done: Callable[[], bool]


class LabelStudioInBackground:
    """Brings Label Studio up step by step, never waiting: installing, starting, connecting, ready.

    `tick` is called by the supervisor's loop. A step that fails ends in `failed` with the reason;
    the platform runs on without it.
    """

    def __init__(
        self,
        server: LabelStudio,
        *,
        repository: Path,
        logs: Path,
        environment: dict[str, str],
        say: Callable[[str], None],
        watch: Callable[[Child], None],
    ) -> None:
        self.server = server
        self.state = "waiting"
        self.reason = ""
        self._say = say
        self._watch = watch
        self._manage = repository / "manage.py"
        self._deadline = 0.0
        self._step: _Step | None = None
        self._install = Child(
            name="label-studio-install",
            command=[repository / "deploy" / "setup.sh", "label-studio"],
            log=logs / "label-studio-install.log",
            directory=repository,
        )
        self._connect = Child(
            name="label-studio-connect",
            command=[],
            log=logs / "label-studio-connect.log",
            directory=repository,
            # The token goes by the environment (LABEL_STUDIO_TOKEN): arguments are everybody's.
            environment=environment,
        )

    def start(self) -> None:
        """Begin with the installation, which returns at once when it is there."""
        self._go("installing", self._install, lambda: self._install.exit_code() == 0, 3600)

    def _go(self, state: str, child: Child, done: Callable[[], bool], seconds: float) -> None:
        child.log.unlink(missing_ok=True)
        if child is self.server.child:
            self.server.start()
            self._watch(child)
        else:
            child.start()
        if state != "connecting":
            self._say(f"Label Studio: {state} (log: {child.log})")
        self._step = _Step(state, child, done)
        self._deadline = time.monotonic() + seconds
        self._become(state)

    def _become(self, state: str, reason: str = "") -> None:
        self.state = state
        self.reason = reason
        self.server.directory.mkdir(parents=True, exist_ok=True)
        (self.server.directory / "state.json").write_text(json.dumps(self.told()))

    def told(self) -> dict[str, str]:
        """Return the state, the address and, when it failed, why."""
        told = {"state": self.state, "url": self.server.url}
        return told | ({"reason": self.reason} if self.reason else {})

    def tick(self) -> bool:
        """Look after the present step. Returns whether the state changed."""
        if self.state != "failed" and self.server.strayed():
            self._move()
            return True
        step = self._step
        if step is None:
            return False
        if step.done():
            self._step = None
            self._next(step.state)
            return True
        ended = step.child is not self.server.child and step.child.exit_code() is not None
        if not ended and time.monotonic() < self._deadline:
            return False
        self._step = None
        if step.child is not self.server.child:
            step.child.kill()
        self._become("failed", f"{step.state}: {last_lines(step.child.log, 2)}")
        self._say(f"Label Studio failed while {self.reason} (log: {step.child.log})")
        return True

    def _move(self) -> None:
        """Start the server on another port, and wait for it and connect it anew."""
        step, old = self._step, self.server.port
        if step is None or step.state != "starting":
            # Otherwise the time of this start runs on, so that moving ends.
            self._deadline = time.monotonic() + _START_SECONDS
        if step is not None and step.child is self._connect:
            self._connect.kill()
        self.server.move()
        self._say(
            f"Label Studio: another program took port {old} before it could; "
            f"starting it again on port {self.server.port}"
        )
        self._step = _Step("starting", self.server.child, self.server.answers)
        self._become("starting")

    def _next(self, state: str) -> None:
        if state == "installing":
            self._go("starting", self.server.child, self.server.answers, _START_SECONDS)
        elif state == "starting":
            self._connect.command = [
                *(sys.executable, self._manage, "connect_label_studio"),
                # It is known by its id, for its port may not be the last time's.
                *("--url", self.server.url, "--instance-file", self.server.directory / "instances"),
            ]
            self._go("connecting", self._connect, lambda: self._connect.exit_code() == 0, 120)
        else:
            self._become("ready")
            self._say(f"Label Studio is ready: {self.server.url}")

    def stop(self) -> None:
        """End a step that is under way; the server itself is the watch's."""
        if self._step is not None and self._step.child is not self.server.child:
            self._step.child.stop()
        self._step = None
