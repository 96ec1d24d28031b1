"""An annotator in a real browser: log in, hear the clip, write it down; the answer comes home.

This is the one place where Label Studio's player, our redirect and the store's CORS meet.
"""

import io
import math
import shutil
import struct
import subprocess
import wave
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Route, sync_playwright

from annotation.models import AudioAccess
from annotation.models import Route as ClipRoute
from annotation.services.connecting import add_annotator, connect_instance
from annotation.services.receiving import pull_answers
from annotation.services.routing import open_annotation
from annotation.services.sending import push_routes
from backend import storage
from backend.clips.models import Transcript
from backend.clips.state import State
from backend.jobs.models import Job
from tests.annotation.conftest import ACTOR, MakeClip, now, state_of
from tests.label_studio_server import RealLabelStudio
from tests.platforms import wait_for

ROOT = Path(__file__).resolve().parents[2]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
EMAIL, PASSWORD = "annotator@vendor.example", "a long password 1"


def tone(seconds: float = 2.0, rate: int = 16000) -> bytes:
    """A quiet tone as WAV."""
    wave_bytes = io.BytesIO()
    with wave.open(wave_bytes, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        values = [int(9000 * math.sin(n / 18)) for n in range(int(seconds * rate))]
        out.writeframes(struct.pack(f"<{len(values)}h", *values))
    return wave_bytes.getvalue()


class Browser:
    """A page of a real Chromium that talks to loopback alone, in a thread of its own.

    Playwright runs an event loop under whoever calls it; on the test's thread Django would refuse
    to touch the database, or open a second connection that nobody closes.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._thread.submit(self._open).result()

    def _open(self) -> None:
        self._playwright = sync_playwright().start()
        self._chromium = self._playwright.chromium.launch(
            executable_path=shutil.which("chromium"), headless=True, args=FLAGS
        )
        self._page = self._chromium.new_page(viewport={"width": 1280, "height": 860})
        self._page.set_default_timeout(120_000)
        self._page.route("**/*", stay_home)

    def _close(self) -> None:
        self._chromium.close()
        self._playwright.stop()

    def do(self, act: Callable[[Page], Any]) -> Any:
        """Do something with the page and wait for it."""
        return self._thread.submit(act, self._page).result()

    def close(self) -> None:
        """End it."""
        self._thread.submit(self._close).result()
        self._thread.shutdown()


def stay_home(route: Route) -> None:
    """Let loopback through and nothing else."""
    if urlsplit(route.request.url).hostname in ("127.0.0.1", "localhost"):
        route.continue_()
    else:
        route.abort()


@pytest.fixture
def browser() -> Iterator[Browser]:
    subprocess.run([ROOT / "deploy" / "setup.sh", "chromium"], check=True, cwd=ROOT)
    opened = Browser()
    yield opened
    opened.close()


def log_in(page: Page, url: str) -> None:
    page.goto(f"{url}/user/login/")
    page.fill("input[name=email]", EMAIL)
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_load_state("networkidle")


def load_task(page: Page, url: str, text: str) -> float:
    """Open a task and wait until its sound can play; returns how many seconds it has."""
    page.goto(url)
    page.get_by_text(text).first.wait_for()
    page.wait_for_function("[...document.querySelectorAll('audio')].some(a => a.readyState >= 2)")
    longest = "Math.max(...[...document.querySelectorAll('audio')].map(a => a.duration))"
    return float(page.evaluate(longest))


def fill_in(page: Page, text: str, picture: Path) -> None:
    page.get_by_text("accept", exact=False).first.click()
    page.locator("textarea").first.fill(text)
    page.screenshot(path=picture)


def submit(page: Page) -> None:
    with page.expect_response(lambda answer: "/annotations" in answer.url) as saved:
        page.get_by_role("button", name="Submit").first.click()
    assert saved.value.ok


@pytest.mark.django_db(transaction=True)
def test_an_annotator_hears_a_clip_and_writes_it_down(
    live_server: Any,
    settings: Any,
    label_studio: RealLabelStudio,
    passed_clip: MakeClip,
    browser: Browser,
    tmp_path: Path,
) -> None:
    settings.PUBLIC_URL = live_server.url
    made = connect_instance(
        vendor_name="V", base_url=label_studio.url, token=label_studio.token, now=now()
    )
    (project,) = made.projects
    add_annotator(instance=made.instance, email=EMAIL, password=PASSWORD)
    clip = passed_clip()
    storage.write(key=storage.clip_key(clip.pk), body=tone(), content_type="audio/wav")
    open_annotation(clip_id=clip.pk, actor=ACTOR, now=now())
    push_routes(project=project, actor=ACTOR, clock=timezone.now)
    route = ClipRoute.objects.get(clip=clip)

    browser.do(lambda page: log_in(page, label_studio.url))
    url = f"{label_studio.url}/projects/{project.ls_project_id}/data?task={route.ls_task_id}"
    text = clip.prompt.text
    assert browser.do(lambda page: load_task(page, url, text)) == pytest.approx(2.0, abs=0.1)
    assert AudioAccess.objects.filter(route=route).exists()

    Job.objects.filter(kind="pull_answers").delete()
    browser.do(lambda page: fill_in(page, "The bus leaves", tmp_path / "task.png"))
    browser.do(submit)
    # The webhook is a poke: it asks for a pull, and brings nothing with it.
    pulls = Job.objects.filter(kind="pull_answers", subject=str(project.pk))
    wait_for("the webhook", pulls.exists)
    assert pull_answers(project=project, actor=ACTOR, clock=timezone.now).answers == 1
    assert state_of(route) == State.ACCEPTED
    assert Transcript.objects.get(clip=clip).text == "The bus leaves"
