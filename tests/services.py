"""A pytest plugin: real SeaweedFS, Valkey and PostgreSQL on free ports for one test session.

Addresses are chosen and exported before Django reads its settings; the servers themselves start
after collection, and only when a collected test is not one of the pure rules.
"""

import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from deploy.children import Child, StartFailed
from deploy.ports import free_ports
from deploy.postgres import Postgres
from deploy.seaweedfs import PORTS, SeaweedFS, StoreKeys
from deploy.valkey import Valkey

ROOT = Path(__file__).resolve().parent.parent
PURE = {ROOT / "tests" / "rules", ROOT / "tests" / "audio"}
_services_key = pytest.StashKey["Services"]()


class Services:
    """The servers of one test session and the environment that points at them."""

    def __init__(self, *, database: str) -> None:
        self.database = database
        self.directory = Path(tempfile.mkdtemp(prefix="fieldvoice-tests-"))
        # PostgreSQL may run as another user and has to pass through; nothing here is listable.
        self.directory.chmod(0o711)
        ports = free_ports([*PORTS, "valkey", "postgres"])
        self.store = SeaweedFS(
            self.directory / "store",
            ports=ports,
            keys=StoreKeys(
                admin_id="admin",
                admin_secret=secrets.token_urlsafe(24),
                app_id="app",
                app_secret=secrets.token_urlsafe(24),
            ),
            bucket=f"tests-{secrets.token_hex(4)}",
            log=self.directory / "seaweedfs.log",
        )
        self.broker = Valkey(
            self.directory / "broker",
            port=ports["valkey"],
            password=secrets.token_urlsafe(24),
            log=self.directory / "valkey.log",
        )
        self.postgres = (
            Postgres(
                self.directory / "postgres",
                port=ports["postgres"],
                password=secrets.token_urlsafe(24),
                log=self.directory / "postgres.log",
                durable=False,
            )
            if database == "postgres"
            else None
        )
        self.started = False

    def environment(self) -> dict[str, str]:
        """The platform's settings for these servers."""
        sqlite = {"DATABASE_URL": f"sqlite:///{self.directory / 'fieldvoice.sqlite3'}"}
        return {
            "SECRET_KEY": "tests-only-" + "x" * 40,
            "DEBUG": "0",
            "PRODUCTION": "0",
            "ALLOWED_HOSTS": "testserver,127.0.0.1,localhost",
            "PUBLIC_URL": "http://testserver",
            "VAR_DIR": str(self.directory / "var"),
            "LOG_LEVEL": "INFO",
            # A test of both stages turns it on for itself.
            "MODEL_CHECKS": "off",
            "LABEL_STUDIO_URL": "",
            "LABEL_STUDIO_TOKEN": "",
            **self.store.environment(),
            "S3_PUBLIC_URL": self.store.url,
            **self.broker.environment(),
            **(self.postgres.environment() if self.postgres else sqlite),
        }

    def start(self) -> None:
        """Start all of them; they get ready at the same time."""
        for name in ("static", "public"):
            (self.directory / "var" / name).mkdir(parents=True)
        self.started = True
        self.store.start()
        self.broker.start()
        if self.postgres:
            self.postgres.start()
        self.broker.wait(seconds=180)
        self.store.prepare(origins=["http://testserver"], seconds=180)
        if self.postgres:
            self.postgres.wait(seconds=180)

    def stop(self) -> None:
        """Stop what was started and remove everything it wrote."""
        if self.started:
            self.store.kill()
            self.broker.child.kill()
            if self.postgres:
                self.postgres.stop()
        shutil.rmtree(self.directory, ignore_errors=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--db`."""
    parser.addoption(
        "--db",
        choices=("postgres", "sqlite"),
        default="postgres",
        help="the database under test; races only mean something on PostgreSQL",
    )


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config,
) -> Generator[None, None, None]:
    """Export the environment; a wrapper, because it must come before pytest-django's own hook."""
    options = early_config.known_args_namespace
    try:
        services = Services(database=options.db)
    except StartFailed as error:
        pytest.exit(str(error), returncode=1)
    early_config.stash[_services_key] = services
    for name in [name for name in os.environ if name.endswith("_FILE")]:
        if name.removesuffix("_FILE") in services.environment():
            del os.environ[name]
    os.environ.update(services.environment())
    try:
        return (yield)
    except BaseException:
        # Later hooks, the one that cleans up among them, do not run after a failure here.
        services.stop()
        raise


def pytest_collection_finish(session: pytest.Session) -> None:
    """Start the servers once it is known that somebody needs them."""
    if session.config.option.collectonly:
        return
    if all(PURE & set(item.path.parents) for item in session.items):
        return
    try:
        session.config.stash[_services_key].start()
    except StartFailed as error:
        pytest.exit(f"a real service did not start: {error}", returncode=1)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the servers, whatever happened."""
    services = config.stash.get(_services_key, None)
    if services is not None:
        services.stop()


@pytest.fixture(scope="session")
def services(pytestconfig: pytest.Config) -> Services:
    """The running servers: `services.store.app_client()`, `services.broker.url`, ..."""
    return pytestconfig.stash[_services_key]


@pytest.fixture
def worker(services: Services, transactional_db: None) -> Iterator[Child]:
    """A real Celery worker on the test database; what a test commits, it sees."""
    from django.db import connection  # noqa: PLC0415 - the environment must be exported first

    name = str(connection.settings_dict["NAME"])
    url = (
        services.postgres.url.rpartition("/")[0] + f"/{name}"
        if services.postgres
        else f"sqlite:///{name}"
    )
    child = Child(
        name="worker",
        command=[
            *(sys.executable, "-m", "celery", "-A", "workers.app", "worker"),
            *("-Q", "ingest,audio,models,annotation,releases"),
            *("-c", "1", "--loglevel", "INFO", "--without-gossip", "--without-mingle"),
        ],
        log=services.directory / f"worker-{secrets.token_hex(4)}.log",
        environment={"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "backend.settings"},
        directory=ROOT,
    )
    child.start()
    try:
        child.wait_until(
            lambda: child.log.exists() and " ready." in child.log.read_text(errors="replace"),
            seconds=180,
        )
        yield child
    finally:
        child.kill()
