"""A phone that cannot send: its copy is saved offline, brought by a manager, nothing is doubled."""

import hashlib
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from playwright.sync_api import BrowserContext, Page, Playwright, expect

from backend import storage
from backend.accounts.models import Device, DeviceReport
from backend.campaigns.models import Campaign
from backend.clips.models import Clip, ClipEvent
from backend.imports.models import ClipImport
from tests.browser.chromium import CHROMIUM, FLAGS, phone_with
from tests.browser.steps import (
    add_speaker,
    enrol,
    go_offline,
    keep,
    new_code,
    rows,
    sit_down,
    take,
    wait_until,
)
from tests.cast import Person, make_campaign, make_manager
from tests.sounds import speech_like
from tests.walk import run_job

RATE = 44_100
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def microphone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("microphone") / "voice.wav"
    voice = np.concatenate([speech_like(10.0, rate=RATE, seed=seed) for seed in range(6)])
    soundfile.write(path, voice, RATE, subtype="PCM_16")
    return path


@pytest.fixture
def campaign() -> Campaign:
    return make_campaign()


@pytest.fixture
def manager(campaign: Campaign) -> Person:
    return make_manager(campaign)


@pytest.fixture
def faults() -> list[str]:
    return []


@pytest.fixture
def phone(
    playwright: Playwright, microphone: Path, tmp_path: Path, faults: list[str]
) -> Iterator[BrowserContext]:
    with phone_with(playwright, microphone=microphone, profile=tmp_path / "phone") as context:
        context.pages[0].on("pageerror", lambda error: faults.append(str(error)))
        yield context


@pytest.fixture
def desk(
    playwright: Playwright, address: str, manager: Person, faults: list[str]
) -> Iterator[Page]:
    """The manager's browser, on the page of the imports."""
    browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
    try:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        page.goto(f"{address}/console/campaigns/spring/imports")
        page.get_by_label("Name").fill(manager.user.username)
        page.get_by_label("Password").fill("correct horse battery")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Imports", exact=True)).to_be_visible()
        yield page
    finally:
        browser.close()


def save_copy(page: Page, folder: Path) -> Path:
    """Save the copy as a collector does, and return the file."""
    # The way to the settings keeps off the screen on which one records.
    page.locator("#status .counts").click()
    page.get_by_role("button", name="Settings").click()
    page.get_by_role("button", name="Save a copy of what is not sent").click()
    expect(page.get_by_text("2 recordings")).to_be_visible()
    with page.expect_download() as saving:
        page.get_by_role("button", name="Save a copy", exact=True).click()
    file = folder / saving.value.suggested_filename
    saving.value.save_as(file)
    expect(page.get_by_text("The copy is made.")).to_be_visible()
    return file


def bring(page: Page, file: Path) -> None:
    page.get_by_label("Files").set_input_files(file)
    page.get_by_role("button", name="Bring").click()


def test_a_phone_offline_saves_a_copy_that_is_taken_in_and_then_sends_nothing_twice(
    phone: BrowserContext,
    address: str,
    campaign: Campaign,
    desk: Page,
    tmp_path: Path,
    faults: list[str],
) -> None:
    page = phone.pages[0]
    enrol(page, address, new_code(campaign))
    go_offline(page)
    add_speaker(page)
    sit_down(page)
    for _ in range(2):
        take(page, milliseconds=1500)
        keep(page)
    file = save_copy(page, tmp_path)
    assert not Clip.objects.exists()

    with zipfile.ZipFile(file) as copy:
        assert copy.testzip() is None
        assert {info.compress_type for info in copy.infolist()} == {zipfile.ZIP_STORED}
        manifest = json.loads(copy.read("fieldvoice.json"))
        for row in manifest["clips"]:
            sound = copy.read(row["file"])
            assert hashlib.sha256(sound).hexdigest() == row["request"]["sha256"]
            assert len(sound) == row["request"]["bytes"]
    assert len(manifest["clips"]) == 2
    text = json.dumps(manifest)
    assert "Ada" not in text
    assert "fvd_" not in text

    bring(desk, file)
    expect(desk.get_by_text("has arrived and is being taken in.")).to_be_visible()
    run_job("import_clips", ClipImport.objects.get().pk)
    expect(desk.get_by_text("2 taken, 0 already there, 0 refused")).to_be_visible()
    for row in manifest["clips"]:
        assert storage.head(storage.clip_key(row["id"])).sha256 == row["request"]["sha256"]
    bring(desk, file)
    expect(desk.get_by_text("was taken in before.")).to_be_visible()

    puts: list[str] = []
    page.on("request", lambda sent: puts.append(sent.url) if "X-Amz-" in sent.url else None)
    phone.set_offline(False)
    expect(page.locator("#status")).to_contain_text("2 safe")
    assert puts == []
    assert Clip.objects.count() == 2
    assert [event.to_state for event in ClipEvent.objects.order_by("clip", "seq")] == [
        "expected",
        "uploaded",
    ] * 2
    assert faults == []


def test_a_phone_that_was_sent_away_still_saves_its_copy(
    phone: BrowserContext, address: str, campaign: Campaign, tmp_path: Path, manager: Person
) -> None:
    page = phone.pages[0]
    enrol(page, address, new_code(campaign))
    device = Device.objects.get()
    answer = manager.get("/v1/campaigns/spring")
    assert answer.status_code == 200
    add_speaker(page)
    sit_down(page)
    phone.route("**/v1/**", lambda route: route.fulfill(status=401, body="{}"))
    for _ in range(2):
        take(page, milliseconds=1200)
        keep(page)
    file = save_copy(page, tmp_path)
    with zipfile.ZipFile(file) as copy:
        manifest = json.loads(copy.read("fieldvoice.json"))
    assert [row["collector"] for row in manifest["clips"]] == [str(device.collector_id)] * 2


def test_the_desk_reads_a_file_piece_by_piece_to_the_same_sum(desk: Page) -> None:
    """Lengths around a block's end, and pieces that fit no block."""
    read = """async (lengths) => {
      const { Sha256 } = await import("/static/console/sha256.js");
      return lengths.map((length) => {
        const hash = new Sha256();
        const bytes = Uint8Array.from({ length }, (_, at) => (at * 7) % 251);
        for (let at = 0; at < length; at += 37) hash.update(bytes.subarray(at, at + 37));
        return hash.hex();
      });
    }"""
    lengths = [0, 1, 54, 55, 56, 57, 63, 64, 65, 119, 120, 128, 1000, 100_003]
    expected = [
        hashlib.sha256(bytes(at * 7 % 251 for at in range(length))).hexdigest()
        for length in lengths
    ]
    assert desk.evaluate(read, lengths) == expected


def test_a_file_that_no_phone_saved_is_told_in_words(desk: Page, tmp_path: Path) -> None:
    file = tmp_path / "holiday.zip"
    file.write_bytes(b"not a ZIP at all, but a file that somebody took for one")
    bring(desk, file)
    expect(desk.get_by_text("has arrived")).to_be_visible()
    run_job("import_clips", ClipImport.objects.get().pk)
    expect(desk.get_by_text("The file is not a ZIP")).to_be_visible()


def test_a_phone_tests_itself_and_the_manager_sees_what_it_found(
    phone: BrowserContext, address: str, campaign: Campaign, desk: Page, faults: list[str]
) -> None:
    page = phone.pages[0]
    enrol(page, address, new_code(campaign))
    page.get_by_role("button", name="Settings").click()
    page.get_by_role("button", name="Test this phone").click()
    page.get_by_role("button", name="Start the test").click()
    page.get_by_text("Figures").click()
    expect(page.get_by_text(str(RATE), exact=True)).to_be_visible()
    wait_until(page, lambda: rows(page, "frames") == [])
    desk.goto(f"{address}/console/campaigns/spring/devices")
    expect(desk.get_by_text("Ada")).to_be_visible()
    tested = DeviceReport.objects.get().selftest
    assert (tested["rate"], tested["got"]["echoCancellation"]) == (RATE, False)
    # By the clock, about which a busy machine says less than a phone.
    assert 0.5 < tested["sample_ratio"] < 2
    assert tested["writes_per_s"] > 0
    assert "AudioWorkletNode" in tested["features"]
    assert set(tested["findings"]) <= {"unsafe", "slow", "little", "lost"}
    expect(desk.get_by_text(f"{RATE} Hz")).to_have_count(1)
    assert faults == []
