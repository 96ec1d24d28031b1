"""Debian's Chromium with a sound file for a microphone, driven by Playwright."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import BrowserContext, Playwright, ViewportSize

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]
PHONE: ViewportSize = {"width": 360, "height": 640}


@contextmanager
def phone_with(
    playwright: Playwright, *, microphone: Path, profile: Path, language: str = "en-GB"
) -> Iterator[BrowserContext]:
    """Open a browser of a phone's size; the microphone plays the file over and over.

    `profile` keeps what the page stores, so that a second browser on it is the same phone.
    """
    context = playwright.chromium.launch_persistent_context(
        str(profile),
        executable_path=str(CHROMIUM),
        headless=True,
        args=[*FLAGS, f"--use-file-for-fake-audio-capture={microphone}"],
        viewport=PHONE,
        locale=language,
        # Naming one forbids all others, and both come to a phone's app unasked or by one tap.
        permissions=["microphone", "background-sync"],
    )
    # As patient with a tap as with what is expected of it (conftest.py).
    context.set_default_timeout(60_000)
    try:
        yield context
    finally:
        context.close()
