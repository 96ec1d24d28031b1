"""What the phone client costs on the link, as the web process serves it.

`scripts`: 35 kB over the gzip of all JavaScript that is served. `first_load`: 60 kB over all bytes
of answers, headers too, that the enrol page needs on a phone that has never seen it, by Chromium's
network log. What the service worker fetches afterwards, so that the app opens offline, is told.
"""

import gzip
import json
import re
import sys
import tempfile
from pathlib import Path

import httpx
import numpy as np
import soundfile
from playwright.sync_api import sync_playwright

from benchmarks.ground.claims import claim_line
from benchmarks.ground.server import Server, running_server
from tests.browser.chromium import phone_with
from tests.browser.wire import FirstLoad, load_first

SCRIPTS = 35_000
FIRST_LOAD = 60_000


def main() -> int:
    """Count and print the claims. Returns 1 when one does not hold."""
    with running_server(database="sqlite") as server:
        scripts = _scripts(server)
        found = _first_load(server)
    for path, size in found.page.items():
        print(f"  {size:6} {path or 'the page'}")
    print(f"  {found.kept:6} afterwards, for days offline")
    total = sum(scripts.values())
    lines = [
        claim_line(
            name="scripts",
            value=SCRIPTS / total,
            unit="35 kB over all JavaScript, gzip",
            aim=1.0,
            detail=f"{total} bytes: " + ", ".join(f"{path} {n}" for path, n in scripts.items()),
        ),
        claim_line(
            name="first_load",
            value=FIRST_LOAD / found.shown,
            unit="60 kB over the first load",
            aim=1.0,
            detail=f"{found.shown} bytes in {len(found.page)} files, {found.kept} more afterwards",
        ),
    ]
    print("\n".join(lines))
    return 0 if all('"holds": true' in line for line in lines) else 1


def _scripts(server: Server) -> dict[str, int]:
    worker = gzip.decompress(_fetch(server, "sw.js")).decode()
    listed = re.search(r'\{"":.*?\}', worker)
    if listed is None:
        raise ValueError("sw.js lists no files")
    paths = [path for path in json.loads(listed.group()) if path.endswith(".js")]
    return {path: len(_fetch(server, path)) for path in (*paths, "sw.js")}


def _fetch(server: Server, path: str) -> bytes:
    """Return the bytes as they are on the link."""
    address = f"{server.url}/app/{path}"
    with httpx.stream("GET", address, headers={"Accept-Encoding": "gzip"}, timeout=30) as answer:
        return b"".join(answer.iter_raw())


def _first_load(server: Server) -> FirstLoad:
    with tempfile.TemporaryDirectory(prefix="fieldvoice-bench-") as directory:
        silence = Path(directory) / "silence.wav"
        soundfile.write(silence, np.zeros(44_100, dtype=np.int16), 44_100, subtype="PCM_16")
        profile = Path(directory) / "phone"
        with (
            sync_playwright() as playwright,
            phone_with(playwright, microphone=silence, profile=profile) as context,
        ):
            return load_first(context, f"{server.url}/app/")


if __name__ == "__main__":
    sys.exit(main())
