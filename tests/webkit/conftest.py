"""Fixtures of the tests in Safari's engine; skipped in words where it is not installed."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.services import Services
from tests.webkit.mini_browser import mini_browser, open_browser, running_driver
from tests.webkit.page import PhonePage


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The driver's address."""
    if mini_browser() is None:
        pytest.skip("WebKitGTK is missing: make test-webkit installs it")
    with running_driver(tmp_path_factory.mktemp("webkit")) as url:
        yield url


@pytest.fixture
def address(live_server: Any, services: Services) -> str:
    """The web process's address, from which the store takes uploads."""
    services.store.allow_uploads_from([live_server.url])
    return str(live_server.url)


@pytest.fixture
def page(driver: str) -> Iterator[PhonePage]:
    """A new browser."""
    browser = mini_browser()
    assert browser
    opened = open_browser(driver, browser)
    try:
        yield PhonePage(opened)
    finally:
        opened.quit()
