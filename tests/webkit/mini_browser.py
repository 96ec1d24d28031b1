"""WebKitGTK's MiniBrowser with a made microphone, on a screen and a message bus of its own."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from selenium.webdriver import Remote, WebKitGTKOptions
from selenium.webdriver.remote.client_config import ClientConfig
from selenium.webdriver.remote.remote_connection import RemoteConnection

from deploy.children import Child
from deploy.ports import free_ports

PROGRAMS = ("WebKitWebDriver", "xvfb-run", "dbus-run-session")
_MINI_BROWSERS = "lib/*/webkit2gtk-4.*/MiniBrowser"


def mini_browser() -> Path | None:
    """Return where the browser is, None when it or what it needs is missing."""
    found = sorted(Path("/usr").glob(_MINI_BROWSERS))
    return found[-1] if found and all(shutil.which(name) for name in PROGRAMS) else None


@contextmanager
def running_driver(directory: Path) -> Iterator[str]:
    """Start the driver; its address is what a browser is asked for. Needs no screen."""
    port = free_ports(["driver"])["driver"]
    url = f"http://127.0.0.1:{port}"
    home = directory / "home"
    home.mkdir()
    child = Child(
        name="webkit",
        command=[
            *("dbus-run-session", "--", "xvfb-run", "--auto-servernum", "WebKitWebDriver"),
            f"--port={port}",
        ],
        log=directory / f"webkit-{secrets.token_hex(4)}.log",
        # What the browser keeps belongs to the test, not to whoever runs it.
        environment={
            "HOME": str(home),
            "XDG_DATA_HOME": str(home / "data"),
            "XDG_CACHE_HOME": str(home / "cache"),
            "XDG_RUNTIME_DIR": os.environ.get("XDG_RUNTIME_DIR", str(home)),
        },
        directory=directory,
    )
    child.start()
    try:
        child.wait_until(lambda: _answers(url), seconds=120)
        yield url
    finally:
        child.kill()


def _answers(url: str) -> bool:
    try:
        with urlopen(f"{url}/status", timeout=2):  # noqa: S310 - our own driver, on loopback
            return True
    except (OSError, URLError):
        return False


def open_browser(driver: str, browser: Path) -> Remote:
    """Open a browser whose microphone beeps; it asks nobody for permission."""
    options = WebKitGTKOptions()
    options.binary_location = str(browser)
    for argument in (
        "--automation",
        "--enable-media-stream=true",
        "--enable-mock-capture-devices=true",
        "--enable-webrtc=true",
    ):
        options.add_argument(argument)
    client = ClientConfig(remote_server_addr=driver)
    opened = Remote(command_executor=RemoteConnection(client_config=client), options=options)
    opened.set_script_timeout(120)
    opened.set_page_load_timeout(120)
    return opened
