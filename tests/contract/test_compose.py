"""docker-compose.yml, read without an engine; web and worker run with exactly its variables."""

import ast
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from deploy.children import Child
from deploy.ports import free_ports
from tests.platforms import ROOT, wait_for
from tests.services import Services

WORKER_SERVICES = [
    "worker-ingest",
    "worker-audio",
    "worker-models",
    "worker-annotation",
    "worker-releases",
]
SETTING_READERS = {"env_str", "env_int", "env_bool", "env_list", "env_secret"}


def _example() -> dict[str, str]:
    """Return the names and values of .env.example."""
    lines = (ROOT / ".env.example").read_text().splitlines()
    named = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: value for name, _, value in named}


def _expand(text: str, values: dict[str, str]) -> str:
    """Replace ${NAME} as compose does; `$$` stands for a dollar."""
    text = re.sub(r"(?<!\$)\$\{([A-Z0-9_]+)\}", lambda match: values[match[1]], text)
    return text.replace("$$", "$")


def _compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return document


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return _compose()


def _environment(service: dict[str, Any]) -> dict[str, str]:
    return {
        name: _expand(str(value), _example())
        for name, value in service.get("environment", {}).items()
    }


def test_every_part_of_the_platform_is_there(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == {
        "proxy",
        "postgres",
        "redis",
        "seaweedfs",
        "prepare-store",
        "migrate",
        "web",
        *WORKER_SERVICES,
        "beat",
        "label-studio-database",
        "label-studio",
    }


def test_every_service_that_stays_says_whether_it_is_well(compose: dict[str, Any]) -> None:
    once = {"prepare-store", "migrate"}
    for name, service in compose["services"].items():
        assert name in once or service["healthcheck"]["test"], name


def test_only_the_proxy_is_reached_from_outside(compose: dict[str, Any]) -> None:
    open_services = [name for name, service in compose["services"].items() if "ports" in service]
    assert open_services == ["proxy"]


def test_what_a_service_waits_for_exists_and_can_become_so(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for name, service in services.items():
        for needed, how in service.get("depends_on", {}).items():
            assert needed in services, f"{name} waits for {needed}"
            if how["condition"] == "service_healthy":
                assert "healthcheck" in services[needed], needed


def test_every_volume_and_mounted_file_exists(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("."):
                assert (ROOT / source).exists(), source
            else:
                assert source in compose["volumes"], source


def test_every_name_compose_uses_stands_in_the_example() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    text += (ROOT / "deploy" / "compose" / "Caddyfile").read_text().replace("{$", "${")
    used = set(re.findall(r"(?<!\$)\$\{([A-Z0-9_]+)\}", text))
    assert used <= set(_example())


def _names_read_by(path: Path) -> set[str]:
    """Return the settings that a module reads from the environment."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        function = node.func.id if isinstance(node.func, ast.Name) else ast.unparse(node.func)
        first = node.args[0]
        reads = function in SETTING_READERS or function in {"os.environ.get", "os.getenv"}
        if reads and isinstance(first, ast.Constant) and isinstance(first.value, str):
            names.add(first.value)
    return names


@pytest.mark.parametrize(
    "module", ["backend/settings.py", "deploy/gunicorn_settings.py", "deploy/prepare_store.py"]
)
def test_every_setting_stands_in_the_example(module: str) -> None:
    names = _names_read_by(ROOT / module)
    assert names, module
    assert names <= set(_example())


def test_the_example_names_nothing_that_nobody_reads() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    read = _names_read_by(ROOT / "backend" / "settings.py")
    read |= _names_read_by(ROOT / "deploy" / "gunicorn_settings.py")
    assert set(_example()) <= read | set(re.findall(r"\$\{([A-Z0-9_]+)\}", text))


def test_each_queue_has_a_worker(compose: dict[str, Any]) -> None:
    source = ast.parse((ROOT / "backend" / "queue.py").read_text())
    queues = next(
        ast.literal_eval(node.value)
        for node in ast.walk(source)
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "QUEUES"
    )
    served = [
        compose["services"][name]["command"][compose["services"][name]["command"].index("-Q") + 1]
        for name in WORKER_SERVICES
    ]
    assert served == list(queues)


def test_the_image_copies_what_exists_and_installs_the_product_lock_alone() -> None:
    text = (ROOT / "Dockerfile").read_text()
    sources = [
        source
        for line in re.findall(r"^COPY (.+)$", text, re.MULTILINE)
        for source in line.split()[:-1]
    ]
    assert all((ROOT / source).exists() for source in sources)
    locks = {source for source in sources if source.endswith(".lock")}
    product = {"requirements.lock", "requirements-models.lock"}
    assert locks == {"requirements-bootstrap.lock", *product}


def _run_environment(service: dict[str, Any], services: Services) -> dict[str, str]:
    """Return exactly the service's variables, with the addresses of the test's own servers."""
    ours = services.environment()
    moved = {name for name in ours if name.startswith("S3_")} | {"DATABASE_URL", "BROKER_URL"}
    environment = _environment(service)
    environment |= {name: ours[name] for name in moved if name in environment}
    environment["VAR_DIR"] = ours["VAR_DIR"]
    # What the image itself sets.
    image = {"DJANGO_SETTINGS_MODULE": "backend.settings", "PATH": os.environ["PATH"]}
    return environment | image


@contextmanager
def _running(
    service: dict[str, Any], services: Services, **changed: str
) -> Iterator[tuple[Child, dict[str, str]]]:
    """Run a service's own command with its own variables and nothing of ours."""
    program, *arguments = service["command"]
    environment = _run_environment(service, services) | changed
    child = Child(
        name=program,
        command=[Path(sys.executable).parent / program, *arguments],
        log=services.directory / f"compose-{secrets.token_hex(4)}.log",
        environment=environment,
        without=[name for name in os.environ if name not in environment],
        directory=ROOT,
    )
    child.start()
    try:
        yield child, environment
    finally:
        child.kill()


def test_the_web_process_runs_with_exactly_these_variables(
    compose: dict[str, Any], services: Services
) -> None:
    web = compose["services"]["web"]
    port = free_ports(["web"])["web"]
    with _running(web, services, WEB_BIND=f"127.0.0.1:{port}") as (child, environment):
        assert environment["PRODUCTION"] == "1"
        host = environment["ALLOWED_HOSTS"].split(",")[0]

        def ready() -> bool:
            assert child.running(), child.log.read_text()
            try:
                answer = httpx.get(
                    f"http://127.0.0.1:{port}/readyz",
                    headers={"Host": host, "X-Forwarded-Proto": "https"},
                )
            except httpx.TransportError:
                return False
            return answer.status_code == 200

        wait_for("the web process to be ready", ready)
        assert httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=120).status_code == 400


def test_a_worker_runs_with_exactly_these_variables_and_passes_its_own_health_check(
    compose: dict[str, Any], services: Services
) -> None:
    worker = compose["services"]["worker-ingest"]
    with _running(worker, services) as (child, environment):
        wait_for("the worker to be ready", lambda: " ready." in child.log.read_text())
        check = _expand(worker["healthcheck"]["test"][1], {}).replace(
            "$HOSTNAME", os.uname().nodename
        )
        done = subprocess.run(
            ["sh", "-c", f"{Path(sys.executable).parent}/{check}"],
            env=environment | {"HOSTNAME": os.uname().nodename},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "pong" in done.stdout


@pytest.mark.parametrize("secret", ["SECRET_KEY", "DATABASE_URL", "S3_SECRET_ACCESS_KEY"])
def test_an_unset_secret_in_production_refuses_to_start(
    compose: dict[str, Any], services: Services, secret: str
) -> None:
    environment = _run_environment(compose["services"]["web"], services)
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        env=environment | {secret: ""},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode != 0
    assert f"{secret} (or {secret}_FILE) is not set" in done.stderr
