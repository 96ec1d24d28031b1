"""End a browser as a battery that is pulled does: every process of it, at once, without a word."""

import os
import signal
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import BrowserContext, Error, Playwright

from tests.browser.chromium import phone_with


@contextmanager
def doomed_phone(
    playwright: Playwright, *, microphone: Path, profile: Path
) -> Iterator[BrowserContext]:
    """Open a phone that will not be closed, but killed."""
    try:
        with phone_with(playwright, microphone=microphone, profile=profile) as context:
            yield context
    except Error as error:
        # What Playwright says when it wants to close a browser that is no more.
        if "closed" not in str(error):
            raise


def kill_browser(profile: Path) -> None:
    """Kill the browser of a profile: its root, found by its folder, and all that came of it."""
    parents: dict[int, list[int]] = defaultdict(list)
    roots = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            command = (entry / "cmdline").read_bytes().split(b"\0")
            status = (entry / "stat").read_text()
        except OSError:
            continue
        pid = int(entry.name)
        parents[int(status.rpartition(")")[2].split()[1])].append(pid)
        if f"--user-data-dir={profile}".encode() in command and not any(
            part.startswith(b"--type=") for part in command
        ):
            roots.append(pid)
    assert roots, f"no browser runs on {profile}"
    doomed = list(roots)
    for pid in doomed:
        doomed += parents[pid]
    for pid in doomed:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
