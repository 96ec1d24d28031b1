"""The parts under the platform - store, broker, database - and the settings that join them."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from deploy import certificates
from deploy.place import Place
from deploy.postgres import Postgres
from deploy.seaweedfs import PORTS as STORE_PORTS
from deploy.seaweedfs import SeaweedFS, StoreKeys
from deploy.valkey import Valkey

BUCKET = "fieldvoice"
# Each worker process is one core's work; libraries that start threads of their own only get in
# each other's way.
_ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "NUMBA_NUM_THREADS")


@dataclass(kw_only=True)
class Options:
    """What a start may choose. `web_port` 0: last time's; `environment` overrides settings."""

    directory: Path
    database: str = "sqlite"
    public: bool = False
    label_studio: bool = True
    web_port: int = 0
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What runs under the platform; without a server, the database is an SQLite file."""

    store: SeaweedFS
    broker: Valkey
    database: Postgres | None


def make_parts(
    place: Place, options: Options, secrets: dict[str, str], ports: dict[str, int]
) -> Parts:
    """Return the parts, not started."""
    store = SeaweedFS(
        place.directory / "store",
        ports={name: ports[name] for name in STORE_PORTS},
        keys=StoreKeys(
            admin_id="admin",
            admin_secret=secrets["store_admin_secret"],
            app_id="fieldvoice",
            app_secret=secrets["store_app_secret"],
        ),
        bucket=BUCKET,
        log=place.logs / "seaweedfs.log",
    )
    broker = Valkey(
        place.directory / "broker",
        port=ports["valkey"],
        password=secrets["broker_password"],
        log=place.logs / "valkey.log",
    )
    database = None
    if options.database == "postgres":
        # PostgreSQL may run as another user and has to pass through to its own directory.
        place.directory.chmod(0o711)
        database = Postgres(
            place.directory / "postgres",
            port=ports["postgres"],
            password=secrets["database_password"],
            log=place.logs / "postgres.log",
        )
    return Parts(store=store, broker=broker, database=database)


def settings_of(
    place: Place, options: Options, secrets: dict[str, str], ports: dict[str, int], parts: Parts
) -> dict[str, str]:
    """Return the environment of every process of ours, and of `manage.py` beside them."""
    directory = place.directory
    sqlite = {"DATABASE_URL": f"sqlite:///{directory / 'fieldvoice.sqlite3'}"}
    settings = {
        "DJANGO_SETTINGS_MODULE": "backend.settings",
        "VAR_DIR": str(directory),
        "SECRET_KEY": secrets["secret_key"],
        "PRODUCTION": "0",
        "DEBUG": "0",
        "LOG_LEVEL": "INFO",
        **(parts.database.environment() if parts.database else sqlite),
        **parts.store.environment(),
        **parts.broker.environment(),
        "LABEL_STUDIO_URL": "",
        "LABEL_STUDIO_TOKEN": "",
        "NUMBA_CACHE_DIR": str(directory / "numba"),
        **dict.fromkeys(_ONE_THREAD, "1"),
        **_addresses(place, ports, public=options.public),
    }
    if options.label_studio:
        settings["LABEL_STUDIO_URL"] = f"http://127.0.0.1:{ports['label_studio']}"
        settings["LABEL_STUDIO_TOKEN"] = secrets["label_studio_token"]
    settings |= options.environment
    # NAME_FILE wins over NAME, and the shell that started us may have one from elsewhere.
    files = {f"{name}_FILE": "" for name in settings if f"{name}_FILE" in os.environ}
    return files | settings


def _addresses(place: Place, ports: dict[str, int], *, public: bool) -> dict[str, str]:
    """Return where phones find web and store: on loopback, or in this network over TLS."""
    if not public:
        return {
            "PUBLIC_URL": f"http://127.0.0.1:{ports['web']}",
            "S3_PUBLIC_URL": f"http://127.0.0.1:{ports['s3']}",
            "ALLOWED_HOSTS": "127.0.0.1,localhost",
            "WEB_BIND": f"127.0.0.1:{ports['web']}",
        }
    addresses = certificates.network_addresses()
    files = certificates.ensure(place.directory / "tls", addresses)
    pages = place.directory / "public"
    pages.mkdir(exist_ok=True)
    (pages / "ca.crt").write_bytes(files.authority.read_bytes())
    return {
        "PUBLIC_URL": f"https://{addresses[0]}:{ports['web']}",
        "S3_PUBLIC_URL": f"https://{addresses[0]}:{ports['s3_public']}",
        "ALLOWED_HOSTS": ",".join(["127.0.0.1", "localhost", *addresses]),
        "WEB_BIND": f"0.0.0.0:{ports['web']}",
        "WEB_CERTIFICATE": str(files.certificate),
        "WEB_CERTIFICATE_KEY": str(files.key),
    }
