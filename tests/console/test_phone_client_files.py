"""The record page's files as the web process serves them."""

import re

import pytest
from django.test import Client

from backend.console.phone_client import ROOT


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("", "text/html; charset=utf-8"),
        ("style.css", "text/css; charset=utf-8"),
        ("src/main.js", "text/javascript; charset=utf-8"),
        ("src/screens/record.js", "text/javascript; charset=utf-8"),
        ("src/capture/worklet.js", "text/javascript; charset=utf-8"),
        ("i18n/es.json", "application/json"),
        ("icon.svg", "image/svg+xml"),
        ("manifest.webmanifest", "application/manifest+json"),
    ],
)
def test_each_file_has_its_type(client: Client, path: str, content_type: str) -> None:
    answer = client.get(f"/app/{path}")
    assert answer.status_code == 200
    assert answer["Content-Type"] == content_type


def test_a_file_that_the_phone_has_costs_a_304(client: Client) -> None:
    first = client.get("/app/src/main.js")
    again = client.get("/app/src/main.js", headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    assert not again.content


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


def test_every_import_of_the_client_is_served(client: Client) -> None:
    for file in (ROOT / "src").rglob("*.js"):
        for name in re.findall(r'(?:from|URL\()\s*"(\.[^"]+\.js)"', file.read_text()):
            path = (file.parent / name).resolve().relative_to(ROOT)
            assert client.get(f"/app/{path}").status_code == 200, f"{file.name}: {name}"
