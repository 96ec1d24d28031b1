"""The first opening of the app on a slow link: bytes are counted, nothing is timed."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Playwright

from tests.browser.chromium import phone_with
from tests.browser.wire import load_first

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("language", ["en-GB", "es-MX", "ar-EG"])
def test_the_first_screen_costs_at_most_60_kilobytes(
    playwright: Playwright, tmp_path: Path, address: str, language: str
) -> None:
    silence = tmp_path / "silence.wav"
    soundfile.write(silence, np.zeros(44_100, dtype=np.int16), 44_100, subtype="PCM_16")
    profile = tmp_path / "phone"
    with phone_with(playwright, microphone=silence, profile=profile, language=language) as context:
        found = load_first(context, f"{address}/app/")
        assert found.shown <= 60_000, found.page
        # The worker finds in the phone's cache what the page has fetched.
        again = {path for path, size in found.worker.items() if size > 2000}
        assert not again & {path for path, size in found.page.items() if size > 2000}
        assert context.pages[0].locator("html").get_attribute("lang") == language[:2]
