"""Fixtures of the browser tests: Playwright, and a web process that the store knows."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from playwright.sync_api import BrowserContext, Page, Playwright, expect, sync_playwright

from tests.browser.chromium import CHROMIUM, phone_with
from tests.services import Services
from tests.sounds import speech_like

RATE = 44_100
# Playwright's five seconds are too few where other things run on the same cores.
expect.set_options(timeout=60_000)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip in words where Chromium is missing; CI forbids that."""
    if not CHROMIUM.exists():
        pytest.skip("Chromium is missing: install the package chromium")


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Playwright, started once."""
    with sync_playwright() as started:
        # Its event loop runs in this thread, where Django then takes itself for asynchronous.
        before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
        yield started
        if before is None:
            del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def address(live_server: Any, services: Services) -> str:
    """The web process's address, from which the store takes uploads."""
    services.store.allow_uploads_from([live_server.url])
    return str(live_server.url)


@pytest.fixture
def silent_phone(playwright: Playwright, tmp_path: Path) -> Iterator[BrowserContext]:
    """A phone for tests that record nothing."""
    silence = tmp_path / "silence.wav"
    soundfile.write(silence, np.zeros(RATE, dtype=np.int16), RATE, subtype="PCM_16")
    with phone_with(playwright, microphone=silence, profile=tmp_path / "phone") as context:
        yield context


@pytest.fixture(scope="module")
def microphone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half a minute of a voice, for a phone's microphone."""
    path = tmp_path_factory.mktemp("microphone") / "voice.wav"
    voice = np.concatenate([speech_like(10.0, rate=RATE, seed=seed) for seed in range(3)])
    soundfile.write(path, voice, RATE, subtype="PCM_16")
    return path


@pytest.fixture
def phone(playwright: Playwright, microphone: Path, tmp_path: Path) -> Iterator[BrowserContext]:
    """A phone that hears the voice."""
    with phone_with(playwright, microphone=microphone, profile=tmp_path / "phone") as context:
        yield context


@pytest.fixture
def page(phone: BrowserContext) -> Page:
    """The phone's first page."""
    return phone.pages[0]
