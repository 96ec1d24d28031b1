"""The phone client's modules in Chromium, on an empty page without screens or a platform."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

from playwright.sync_api import Page, sync_playwright

CLIENT: Final = Path(__file__).resolve().parents[2] / "mobile_client"
_CHROMIUM: Final = "/usr/bin/chromium"
_FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)


class _Modules(SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        """Answer an empty page, and beside it the client's files."""
        if self.path != "/":
            super().do_GET()
            return
        body = b"<!doctype html><title>benchmark</title>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the claims are what is printed."""


@contextmanager
def phone_page(*, microphone: Path | None = None) -> Iterator[Page]:
    """Open Chromium on a page that can import the client's modules from `/src/`.

    `microphone` is the file that is heard, over and over.
    """
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Modules, directory=str(CLIENT)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    heard = [f"--use-file-for-fake-audio-capture={microphone}"] if microphone else []
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=[*_FLAGS, *heard])
            context = browser.new_context(permissions=["microphone"])
            page = context.new_page()
            page.goto(f"http://127.0.0.1:{server.server_port}/")
            yield page
            browser.close()
    finally:
        server.shutdown()
        server.server_close()
