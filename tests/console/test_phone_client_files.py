"""The record page's files as the web process serves them."""

import gzip
import json
import re
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from django.test import Client

from backend.console import phone_files
from backend.console.phone_files import ROOT, list_files, read_worker
from backend.console.phone_page import app_version

NODE = Path(__file__).resolve().parents[2] / ".venv-dev" / "bin" / "node"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the client that a test may change."""
    copy = tmp_path / "mobile_client"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns("node_modules", "test"))
    monkeypatch.setattr(phone_files, "ROOT", copy)
    return copy


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("", "text/html; charset=utf-8"),
        ("index.html", "text/html; charset=utf-8"),
        ("style.css", "text/css; charset=utf-8"),
        ("sw.js", "text/javascript; charset=utf-8"),
        ("src/main.js", "text/javascript; charset=utf-8"),
        ("src/screens/record.js", "text/javascript; charset=utf-8"),
        ("src/capture/worklet.js", "text/javascript; charset=utf-8"),
        ("i18n/es.json", "application/json"),
        ("icon.svg", "image/svg+xml"),
        ("icons/any-192.png", "image/png"),
        ("manifest.webmanifest", "application/manifest+json"),
    ],
)
def test_each_file_has_its_type(client: Client, path: str, content_type: str) -> None:
    answer = client.get(f"/app/{path}")
    assert answer.status_code == 200
    assert answer["Content-Type"] == content_type


def test_a_file_that_the_phone_has_costs_a_304(client: Client) -> None:
    first = client.get("/app/src/main.js")
    assert first["Cache-Control"] == "no-cache"
    again = client.get("/app/src/main.js", headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    assert not again.content


def test_a_file_goes_out_compressed_under_a_name_of_its_own(client: Client) -> None:
    plain = client.get("/app/src/main.js")
    packed = client.get("/app/src/main.js", headers={"Accept-Encoding": "br, gzip;q=0.8"})
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert packed["Vary"] == plain["Vary"] == "Accept-Encoding"
    assert packed["ETag"] != plain["ETag"]
    refusing = client.get("/app/src/main.js", headers={"Accept-Encoding": "gzip;q=0, br"})
    assert "Content-Encoding" not in refusing


def test_what_stands_under_a_version_never_changes_and_another_versions_is_not_kept(
    client: Client, folder: Path
) -> None:
    version = app_version()
    kept = client.get(f"/app/v/{version}/src/main.js")
    assert "immutable" in kept["Cache-Control"]
    (folder / "style.css").write_text("body { color: red }\n")
    assert app_version() != version
    assert client.get("/app/style.css").content == b"body{color: red}"
    late = client.get(f"/app/v/{version}/src/main.js")
    assert late.status_code == 200
    assert late["Cache-Control"] == "no-cache"


def test_a_store_that_moved_makes_a_new_version(
    monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    version = app_version()
    monkeypatch.setattr("django.conf.settings.S3_PUBLIC_URL", "https://elsewhere.example")
    assert app_version() != version
    assert "https://elsewhere.example" in client.get("/app/")["Content-Security-Policy"]


def test_the_page_asks_for_one_script_which_its_worker_runs_too(client: Client) -> None:
    page = client.get("/app/").content.decode()
    version = app_version()
    assert re.findall(r'src="([^"]*)"', page) == [f"v/{version}/app.js"]
    assert f'href="v/{version}/style.css"' in page
    program = client.get(f"/app/v/{version}/app.js").content.decode()
    assert re.search(r'new Worker\(new URL\("app\.js",import\.meta\.url\)', program)


def test_the_worker_lists_every_file_by_what_the_phone_will_get(client: Client) -> None:
    answer = client.get("/app/sw.js")
    assert answer["Service-Worker-Allowed"] == "/app/"
    assert answer["Cache-Control"] == "no-cache"
    text = answer.content.decode()
    assert f'"{app_version()}"' in text
    assert f'"./v/{app_version()}/app.js"' in text
    found = re.search(r'\{"":.*?\}', text)
    assert found
    listed = json.loads(found.group())
    for path, sha256 in listed.items():
        body = client.get(f"/app/{path}").content
        assert phone_files.PhoneFile(path, body).sha256.startswith(sha256), path
        assert len(sha256) == 16
    catalogues = {f"i18n/{file.name}" for file in (ROOT / "i18n").glob("*.json")}
    assert set(listed) == {
        *("", "style.css", "icon.svg", "manifest.webmanifest"),
        *("app.js", "src/capture/worklet.js"),
        *catalogues,
    }


@pytest.mark.parametrize(
    "path",
    [
        "package.json",
        "tsconfig.json",
        "test/wav.test.js",
        "src/capture/worklet.d.ts",
        "src/none.js",
        "src/../package.json",
        "../manage.py",
        "%2e%2e/manage.py",
        "node_modules/typescript/package.json",
        ".biome.json",
        "v/0.1.0-000000000000/package.json",
        "v/0.1.0-000000000000/../package.json",
    ],
)
def test_nothing_else_is_served(client: Client, path: str) -> None:
    assert client.get(f"/app/{path}").status_code == 404


def test_the_bare_address_leads_to_the_record_page(client: Client) -> None:
    assert client.get("/")["Location"] == "/app/"


def test_the_page_may_do_what_it_needs_and_nothing_else(client: Client) -> None:
    answer = client.get("/app/")
    rules = answer["Content-Security-Policy"]
    assert "default-src 'none'" in rules
    assert re.search(r"connect-src 'self' http://127\.0\.0\.1:\d+;", rules)
    assert "unsafe" not in rules
    assert answer["Permissions-Policy"].startswith("microphone=(self)")


def test_every_worker_is_bound_like_the_page(client: Client) -> None:
    started = {"sw.js", "app.js"}
    for file in (ROOT / "src").rglob("*.js"):
        for name in re.findall(r'new Worker\(\s*new URL\("([^"]+)"', file.read_text()):
            started.add((file.parent / name).resolve().relative_to(ROOT).as_posix())
    rules = client.get("/app/")["Content-Security-Policy"]
    for path in started:
        assert client.get(f"/app/{path}").get("Content-Security-Policy") == rules, path


def test_every_import_of_the_client_is_served(client: Client) -> None:
    imported = {
        (file.parent / name).resolve().relative_to(ROOT)
        for file in (ROOT / "src").rglob("*.js")
        for name in re.findall(r'(?:from|URL\(|import\()\s*"(\.[^"]+\.js)"', file.read_text())
    }
    assert len(imported) > 50
    for path in imported:
        assert client.get(f"/app/{path}").status_code == 200, path


def test_every_icon_is_as_large_as_the_manifest_says(client: Client) -> None:
    manifest = client.get("/app/manifest.webmanifest").json()
    sizes = set()
    for icon in manifest["icons"]:
        body = client.get(f"/app/{icon['src']}").content
        if icon["type"] == "image/png":
            width, height = struct.unpack(">II", body[16:24])
            assert icon["sizes"] == f"{width}x{height}"
            sizes.add((icon["purpose"], width))
    assert {("any", 192), ("any", 512), ("maskable", 512)} <= sizes
    assert manifest["display"] == "standalone"
    touch = client.get("/app/icons/apple-touch-180.png").content
    assert struct.unpack(">II", touch[16:24]) == (180, 180)


def test_every_script_that_a_phone_gets_is_one(tmp_path: Path) -> None:
    scripts = [file for file in list_files() if file.path.endswith(".js")]
    for number, file in enumerate([*scripts, read_worker()]):
        script = tmp_path / f"{number}.mjs"
        script.write_bytes(file.body)
        done = subprocess.run(
            [NODE, "--check", script], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{file.path}: {done.stderr}"


def test_a_changed_module_is_a_changed_program(client: Client, folder: Path) -> None:
    before = client.get("/app/app.js").content
    beat = folder / "src" / "beat.js"
    beat.write_text(beat.read_text() + "\nexport const CHANGED = [1];\n")
    assert client.get("/app/app.js").content != before
