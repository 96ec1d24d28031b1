"""The app's own files: kept on the phone, opened offline, renewed when nothing would be lost."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from playwright.sync_api import BrowserContext, Page, Playwright, expect

from backend.console import phone_client, phone_files
from backend.console.phone_page import app_version
from backend.console.phone_program import PROGRAM
from tests.browser.chromium import phone_with
from tests.browser.steps import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the client, in which a test may put a new version."""
    copy = tmp_path / "mobile_client"
    left_out = shutil.ignore_patterns("node_modules", "test")
    shutil.copytree(phone_files.ROOT, copy, ignore=left_out)
    monkeypatch.setattr(phone_files, "ROOT", copy)
    return copy


@pytest.fixture
def microphone(tmp_path: Path) -> Path:
    path = tmp_path / "silence.wav"
    soundfile.write(path, np.zeros(44_100, dtype=np.int16), 44_100, subtype="PCM_16")
    return path


@pytest.fixture
def phone(playwright: Playwright, microphone: Path, tmp_path: Path) -> Iterator[BrowserContext]:
    with phone_with(playwright, microphone=microphone, profile=tmp_path / "phone") as context:
        yield context


def open_app(page: Page, address: str) -> None:
    """Open the app and wait until the phone keeps it."""
    page.goto(f"{address}/app/")
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    expect(page.get_by_role("heading").first).to_be_visible()
    expect(page.get_by_role("button", name="A new version is ready")).to_be_hidden()


def kept_versions(page: Page) -> list[str]:
    names: list[str] = page.evaluate("caches.keys()")
    return names


def look_for_new_version(page: Page) -> None:
    page.evaluate("navigator.serviceWorker.ready.then((found) => found.update()).then(() => null)")


def put_new_version(folder: Path) -> None:
    page, style = folder / "index.html", folder / "style.css"
    page.write_text(page.read_text().replace("<title>Fieldvoice", "<title>Second"))
    style.write_text(f"{style.read_text()}\n.second {{ color: red }}\n")


def test_the_app_opens_without_a_network_and_a_link_keeps_its_code(
    phone: BrowserContext, address: str, folder: Path
) -> None:
    page = phone.pages[0]
    open_app(page, address)
    assert kept_versions(page) == [f"fieldvoice-{app_version()}"]
    phone.set_offline(True)
    page.goto(f"{address}/app/#code=ABCD-EFGH-JKLM")
    expect(page.get_by_role("textbox", name="Code")).to_have_value("ABCD-EFGH-JKLM")
    page.get_by_label("Language").select_option("es")
    expect(page.locator("html")).to_have_attribute("lang", "es")
    page.goto(f"{address}/app/?from=home")
    expect(page.locator("html")).to_have_attribute("lang", "es")


def test_the_worker_answers_for_the_apps_files_only(
    phone: BrowserContext, address: str, folder: Path
) -> None:
    page = phone.pages[0]
    open_app(page, address)
    page.reload(wait_until="networkidle")
    served: dict[str, bool] = {}
    page.on("response", lambda got: served.update({got.url: got.from_service_worker}))
    page.evaluate("fetch('/app/icon.svg').then(() => null)")
    page.evaluate("fetch('/v1/campaigns/none/pack').then(() => null)")
    page.evaluate("fetch('/app/icons/any-192.png').then(() => null)")
    page.evaluate("fetch('/app/src/dom.js', {method: 'POST'}).then(() => null)")
    wanted = {
        f"{address}/app/icon.svg": True,
        f"{address}/v1/campaigns/none/pack": False,
        f"{address}/app/icons/any-192.png": False,
        f"{address}/app/src/dom.js": False,
    }
    wait_until(page, lambda: wanted.keys() <= served.keys())
    assert {url: served[url] for url in wanted} == wanted


def test_a_page_in_somebodys_hands_gets_the_new_version_by_a_tap_and_reloads_once(
    phone: BrowserContext, address: str, folder: Path
) -> None:
    page = phone.pages[0]
    open_app(page, address)
    page.get_by_role("heading").first.click()
    before = app_version()
    put_new_version(folder)
    look_for_new_version(page)
    line = page.get_by_role("button", name="A new version is ready")
    expect(line).to_be_visible()
    expect(page).to_have_title("Fieldvoice")
    loads: list[str] = []
    page.on("load", lambda _: loads.append("load"))
    line.click()
    expect(page).to_have_title("Second")
    page.wait_for_timeout(500)
    assert loads == ["load"]
    assert app_version() != before
    assert kept_versions(page) == [f"fieldvoice-{app_version()}"]
    expect(line).to_be_hidden()


def test_a_tap_waits_for_the_end_of_a_take_in_another_tab(
    phone: BrowserContext, address: str, folder: Path
) -> None:
    page = phone.pages[0]
    open_app(page, address)
    other = phone.new_page()
    other.goto(f"{address}/app/")
    expect(other.get_by_role("heading").first).to_be_visible()
    other.evaluate("void navigator.locks.request('take:one', () => new Promise(() => {}))")
    page.get_by_role("heading").first.click()
    put_new_version(folder)
    look_for_new_version(page)
    line = page.get_by_role("button", name="A new version is ready")
    line.click()
    page.wait_for_timeout(1500)
    expect(page).to_have_title("Fieldvoice")
    other.close()
    expect(page).to_have_title("Second")


def test_the_next_start_takes_the_new_version_by_itself(
    playwright: Playwright, microphone: Path, tmp_path: Path, address: str, folder: Path
) -> None:
    profile = tmp_path / "phone"
    with phone_with(playwright, microphone=microphone, profile=profile) as context:
        page = context.pages[0]
        open_app(page, address)
        page.get_by_role("heading").first.click()
        put_new_version(folder)
        look_for_new_version(page)
        expect(page.get_by_role("button", name="A new version is ready")).to_be_visible()
    with phone_with(playwright, microphone=microphone, profile=profile) as context:
        page = context.pages[0]
        context.set_offline(True)
        page.goto(f"{address}/app/")
        expect(page).to_have_title("Second")
        expect(page.get_by_role("heading").first).to_be_visible()


def test_an_update_fetches_only_what_changed(
    phone: BrowserContext, address: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = phone.pages[0]
    open_app(page, address)
    put_new_version(folder)
    asked: list[str] = []

    def read_and_note(path: str) -> phone_files.PhoneFile | None:
        asked.append(path)
        return phone_files.read_file(path)

    monkeypatch.setattr(phone_client, "read_file", read_and_note)
    look_for_new_version(page)
    expect(page.get_by_role("button", name="A new version is ready")).to_be_visible()
    # A script that workers run carries the rules of what it may do, which are no part of its hash.
    assert [path for path in asked if path != PROGRAM] == ["style.css"]


def test_half_an_update_is_never_kept(phone: BrowserContext, address: str, folder: Path) -> None:
    page = phone.pages[0]
    open_app(page, address)
    before = kept_versions(page)
    put_new_version(folder)
    phone.route("**/style.css", lambda route: route.fulfill(body="body{}", content_type="text/css"))
    look_for_new_version(page)
    page.wait_for_timeout(1000)
    assert kept_versions(page) == before
    page.reload()
    expect(page).to_have_title("Fieldvoice")
