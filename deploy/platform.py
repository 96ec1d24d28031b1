"""The whole platform on one machine: which parts there are, in which order, with which settings."""

import json
import os
import signal
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from deploy.children import Child, StartFailed, last_lines
from deploy.label_studio import ADMIN_EMAIL, LabelStudio, LabelStudioInBackground
from deploy.parts import Options, Parts, make_parts, settings_of
from deploy.place import Place
from deploy.ports import answers, is_free, listening_ports
from deploy.seaweedfs import PORTS as STORE_PORTS
from deploy.watch import Watch

REPOSITORY = Path(__file__).resolve().parent.parent
_PARTS, _PROCESSES = 0, 1
# Each worker takes some of the queues: a long release must not keep clips from their checks.
WORKERS = {
    "worker-audio": ("ingest,audio", 2),
    "worker-models": ("models", 1),
    "worker-slow": ("annotation,releases", 1),
}
_ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")


class Platform:
    """Starts every part in order, keeps it running (`tick`), and stops it in reverse order.

    `start` returns when the web process answers; Label Studio comes up later, by `tick`. All of
    it must be called from one thread that lives as long as the process: children are tied to the
    life of the thread that started them.
    """

    def __init__(self, options: Options, *, say: Callable[[str], None]) -> None:
        self.options = options
        self.place = Place(options.directory)
        self.facts: dict[str, Any] = {}
        self.environment: dict[str, str] = {}
        self._say = say
        self._watch = Watch(say)

        self._label_studio: LabelStudioInBackground | None = None

    def start(self) -> None:
        """Start it. Raises StartFailed, with all stopped again, when a part does not come up."""
        self.place.take()
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        secrets = self.place.secrets()
        ports = self._ports()
        parts = make_parts(self.place, self.options, secrets, ports)
        store, broker, database = parts.store, parts.broker, parts.database
        self._say("Starting the object store, the broker and the database ...")
        for service in (store, broker, database):
            if service is not None:
                service.start()
                self._watch.add(service.child, layer=_PARTS)
        self.place.note_pids(self._watch.pids())
        # Where static files are collected and where files at the root come from; both may stay
        # empty, but the web process warns when they are not there.
        for name in ("static", "public"):
            (self.place.directory / name).mkdir(exist_ok=True)
        self.environment = settings_of(self.place, self.options, secrets, ports, parts)
        broker.wait()
        origin = self.environment["PUBLIC_URL"]
        # On loopback the same page has two names, and people type either.
        store.prepare(origins=sorted({origin, origin.replace("//127.0.0.1:", "//localhost:")}))
        self._once("fsync", store.turn_fsync_on)
        if database is not None:
            database.wait()
        self._say("Bringing the database up to date ...")
        self._facts(ports, parts, self._bring_up(), secrets)
        self._say("Starting the web process and the workers ...")
        self._wait_for_web(self._start_web(ports), ports["web"])
        self._start_workers()
        if self.options.label_studio:
            self._start_label_studio(secrets, ports)
        self._tell()

    def _ports(self) -> dict[str, int]:
        ports = self.place.ports(
            [*STORE_PORTS, "valkey", "postgres", "web", "s3_public", "label_studio"],
            wanted={"web": 8000, "s3": 8333, "s3_public": 8443, "label_studio": 8080},
        )
        wanted = self.options.web_port
        if wanted and not is_free(wanted):
            raise StartFailed(f"port {wanted} is taken: name another with WEB_PORT, or none")
        return {**ports, "web": wanted or ports["web"]}

    def _once(self, name: str, act: Callable[[], None]) -> None:
        """Do what the data directory remembers from then on."""
        stamp = self.place.directory / "store" / f"{name}.done"
        if not stamp.exists():
            act()
            stamp.touch()

    def _bring_up(self) -> dict[str, Any]:
        """Migrate, make the demo campaign and its logins once, and learn them."""
        log = self.place.logs / "bring-up.log"
        with log.open("wb") as errors:
            done = subprocess.run(
                [sys.executable, "-m", "deploy.bring_up"],
                env={**os.environ, **self.environment},
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=REPOSITORY,
                check=False,
            )
        if done.returncode:
            raise StartFailed(f"the database cannot be used: {last_lines(log)} (log: {log})")
        try:
            told: dict[str, Any] = json.loads(done.stdout.decode().strip().splitlines()[-1])
        except (IndexError, ValueError):
            raise StartFailed("manage.py bootstrap did not say what it made") from None
        return self.place.remember("demo", told)

    def _start_web(self, ports: dict[str, int]) -> Child:
        """Start what answers phones; the workers come after it, so that it need not share."""
        web = self._run(
            "web",
            *(sys.executable, "-m", "gunicorn", "backend.wsgi:application"),
            *("-c", str(REPOSITORY / "deploy" / "gunicorn_settings.py")),
        )
        if self.options.public:
            self._run(
                "store-tls",
                *(sys.executable, "-m", "deploy.tls_relay"),
                *("--listen", str(ports["s3_public"]), "--to", str(ports["s3"])),
                *("--certificate", self.environment["WEB_CERTIFICATE"]),
                *("--key", self.environment["WEB_CERTIFICATE_KEY"]),
            )
        return web

    def _start_workers(self) -> None:
        celery = (sys.executable, "-m", "deploy.worker", "-A", "workers.app")
        for name, (queues, processes) in WORKERS.items():
            self._run(
                name,
                *(*celery, "worker", "-n", f"{name}@%h", "-Q", queues, "-c", str(processes)),
                *("--loglevel", "INFO", "--without-gossip", "--without-mingle"),
                # Asked politely, a worker first finishes its job, and without its broker never
                # ends; when we are dead nobody waits for it, and the job's lease brings it back.
                death_signal=signal.SIGKILL,
            )
        schedule = self.place.directory / "beat" / "schedule"
        schedule.parent.mkdir(exist_ok=True)
        self._run("beat", *celery, "beat", "-s", str(schedule), "--pidfile=", "--loglevel", "INFO")

    def _run(
        self, name: str, *command: str, death_signal: signal.Signals = signal.SIGTERM
    ) -> Child:
        child = Child(
            name=name,
            command=command,
            log=self.place.logs / f"{name}.log",
            environment=self.environment,
            directory=REPOSITORY,
            death_signal=death_signal,
        )
        child.start()
        self._watch.add(child, layer=_PROCESSES)
        return child

    def _facts(
        self,
        ports: dict[str, int],
        parts: Parts,
        demo: dict[str, Any],
        secrets: dict[str, str],
    ) -> None:
        scheme = "https" if self.options.public else "http"
        self.facts = {
            **demo,
            "web_url": f"{scheme}://127.0.0.1:{ports['web']}",
            "public_url": self.environment["PUBLIC_URL"],
            "s3_url": parts.store.url,
            "s3_public_url": self.environment["S3_PUBLIC_URL"],
            "database_url": self.environment["DATABASE_URL"],
            "broker_url": parts.broker.url,
            "directory": str(self.place.directory),
            "supervisor_pid": os.getpid(),
            "label_studio": {
                "state": "off",
                "url": f"http://127.0.0.1:{ports['label_studio']}",
                "email": ADMIN_EMAIL,
                "password": secrets["label_studio_password"],
                "token": secrets["label_studio_token"],
            },
        }

    def _wait_for_web(self, web: Child, port: int) -> None:
        context = None
        if self.options.public:
            context = ssl.create_default_context(
                cafile=str(self.place.directory / "public" / "ca.crt")
            )
        until = time.monotonic() + 60
        while time.monotonic() < until:
            # An answer alone may be somebody else's, who took the port since it was chosen.
            if port not in listening_ports(web.pid):
                self._watch.tick()
                time.sleep(0.1)
                continue
            try:
                with urllib.request.urlopen(  # noqa: S310 - our own loopback address
                    f"{self.facts['web_url']}/healthz", timeout=5, context=context
                ):
                    return
            except (OSError, urllib.error.URLError):
                self._watch.tick()
                time.sleep(0.1)
        if answers(port) and port not in listening_ports(web.pid):
            raise StartFailed(f"another program has taken port {port} meanwhile: start again")
        raise StartFailed(f"the web process does not answer (log: {self.place.logs / 'web.log'})")

    def _start_label_studio(self, secrets: dict[str, str], ports: dict[str, int]) -> None:
        server = LabelStudio(
            self.place.directory / "label-studio",
            repository=REPOSITORY,
            port=ports["label_studio"],
            password=secrets["label_studio_password"],
            token=secrets["label_studio_token"],
            secret_key=secrets["label_studio_secret_key"],
            log=self.place.logs / "label-studio.log",
        )
        self._label_studio = LabelStudioInBackground(
            server,
            repository=REPOSITORY,
            logs=self.place.logs,
            environment=self.environment,
            say=self._say,
            watch=lambda child: self._watch.add(child, layer=_PROCESSES),
        )
        self._label_studio.start()

    def tick(self) -> None:
        """Look after everything once; to be called a few times a second."""
        changed = self._watch.tick()
        if self._label_studio is not None:
            changed = self._label_studio.tick() or changed
        if changed:
            self._tell()

    def _tell(self) -> None:
        pids = self._watch.pids()
        self.place.note_pids(pids)
        if self._label_studio is not None:
            told = self._label_studio.told()
            self.facts["label_studio"] |= told
            self.environment |= {"LABEL_STUDIO_URL": told["url"]} | self.options.environment
        self.place.tell({**self.facts, "pids": pids}, self.environment)

    def stop(self) -> None:
        """Stop everything, the last started first, and let the directory go."""
        if self._label_studio is not None:
            self._label_studio.stop()
        self._watch.stop()
        self.place.release()
