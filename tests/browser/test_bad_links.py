"""Links that cut, refuse, stall and lose answers: every clip comes home, and comes home once."""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, Request, expect

from backend import storage
from backend.campaigns.models import Campaign
from backend.clips.models import Clip, ClipEvent
from backend.clips.state import State
from backend.jobs.models import AuditEvent, Job, JobState
from backend.jobs.services import enqueue_job
from backend.speakers.models import Consent
from tests.browser.faulty_link import FaultyLink, Transfer
from tests.browser.kept import Sitting, find_network, keep_sittings, rows_of
from tests.browser.steps import PATIENCE_S, enrol, new_code, wait_until
from tests.cast import make_campaign
from tests.services import Services
from tests.walk import run_job
from workers import jobs, run

pytestmark = pytest.mark.django_db(transaction=True)
SAID = {"gender": "female", "birth_year": 1994}
# How many clips the phone sends first, and how many transfers it has under way at once.
FIRST_BATCH = 4
LANES = 2
# The client's longest pauses after a few failures in a row, with a busy machine on top.
HOME_S = 2 * PATIENCE_S
jobs.load()


@pytest.fixture
def campaign() -> Campaign:
    return make_campaign()


@pytest.fixture
def store_link(services: Services, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyLink]:
    """The phones' way to the store; presigned addresses name it."""
    with FaultyLink(services.store.url, method="PUT") as link:
        monkeypatch.setattr(settings, "S3_PUBLIC_URL", link.url)
        storage.forget_clients()
        yield link
    storage.forget_clients()


class Asked:
    """What the client had the browser put into the store; what a browser repeats does not count."""

    def __init__(self, context: BrowserContext) -> None:
        self.paths: list[str] = []
        self.failed: Counter[str] = Counter()
        context.on("request", lambda request: self.paths.extend(_put_path(request)))
        context.on("requestfailed", lambda request: self.failed.update(_put_path(request)))

    def assert_nothing_again_without_a_reason(self) -> None:
        """Nothing was put twice, but for what had failed before the client's eyes."""
        for path, times in Counter(self.paths).items():
            assert times <= 1 + self.failed[path], path


def _put_path(request: Request) -> list[str]:
    is_put = request.method == "PUT" and "X-Amz-" in request.url
    return [urlsplit(request.url).path] if is_put else []


@pytest.fixture
def asked(silent_phone: BrowserContext) -> Asked:
    """What the client asks for from now on."""
    return Asked(silent_phone)


@pytest.fixture
def server_link(live_server: Any, services: Services) -> Iterator[FaultyLink]:
    """The phones' way to the server, under which the page is opened."""
    with FaultyLink(live_server.url, method="POST") as link:
        services.store.allow_uploads_from([link.url])
        yield link


@pytest.fixture
def page(
    silent_phone: BrowserContext,
    store_link: FaultyLink,
    server_link: FaultyLink,
    campaign: Campaign,
) -> Page:
    """An enrolled phone."""
    opened = silent_phone.pages[0]
    enrol(opened, server_link.url, new_code(campaign))
    return opened


def sounds(count: int, kilobytes: int, *, seed: int = 0) -> list[bytes]:
    """Return bytes that no two clips share; what they would sound like does not matter here."""
    made = np.random.default_rng(seed)
    return [made.bytes(kilobytes * 1000 + number) for number in range(count)]


def join_parts() -> None:
    """Do what a worker does with the parts that have come."""
    kinds = ["join_parts", "join_evidence"]
    for job in Job.objects.filter(kind__in=kinds, state=JobState.QUEUED):
        run.run_job(str(job.pk))


def wait_until_home(page: Page, done: Callable[[], bool]) -> None:
    """Look on, joining parts, until it is so."""

    def told() -> str:
        rows = rows_of(page, "clips")
        return str([(row["state"], row["tries"], row.get("parts_home")) for row in rows])

    def joined_and_done() -> bool:
        join_parts()
        return done()

    wait_until(page, joined_and_done, told, seconds=HOME_S)


def all_safe(page: Page, count: int) -> Callable[[], bool]:
    text = re.compile(rf"\b0 on this phone, {count} safe")
    return lambda: bool(text.search(page.locator("#status").inner_text()))


def assert_each_is_home_once(page: Page, kept: list[str], bodies: list[bytes]) -> None:
    """The store has the very bytes, each clip was taken in once, and the phone has let them go."""
    assert Clip.objects.count() == len(kept)
    for clip_id, body in zip(kept, bodies, strict=True):
        assert storage.head(storage.clip_key(clip_id)).sha256 == hashlib.sha256(body).hexdigest()
    taken_in = ClipEvent.objects.filter(to_state=State.UPLOADED).values_list("clip_id", flat=True)
    assert sorted(str(pk) for pk in taken_in) == sorted(kept)
    # A whole file whose answer was lost may come home beside its parts; a job drops those. Not all
    # of `parts/` is looked at: other tests share the bucket.
    enqueue_job(
        kind="sweep_parts", key=f"sweep_parts:{kept[0]}", subject="parts", now=timezone.now()
    )
    assert run_job("sweep_parts", "parts").state == JobState.DONE
    assert [key for clip in kept for key in storage.list_keys(storage.clip_parts(clip))] == []
    assert rows_of(page, "sounds") == []
    assert {row["state"] for row in rows_of(page, "clips")} == {"confirmed"}


def assert_crossed_whole_once(
    link: FaultyLink, asked: Asked, kept: list[str], bodies: list[bytes]
) -> None:
    """Each clip's file came through whole, and once."""
    bucket = settings.S3_BUCKET
    assert set(link.whole) == {
        Transfer(f"/{bucket}/{storage.clip_key(clip)}", len(body))
        for clip, body in zip(kept, bodies, strict=True)
    }
    asked.assert_nothing_again_without_a_reason()


def assert_crossed_in_parts_once(
    link: FaultyLink, asked: Asked, sounds_of: dict[str, bytes], *, folder: Callable[[str], str]
) -> None:
    """All of each sound came through whole in parts, each part once; whole files were given up.

    `sounds_of`: by clip or consent; `folder`: where its parts go.
    """
    for one, sound in sounds_of.items():
        parts = {sent for sent in link.whole if folder(one) in sent.path}
        assert sum(part.bytes for part in parts) == len(sound)
    assert all("/parts/" in sent.path for sent in link.whole)
    asked.assert_nothing_again_without_a_reason()
    # Once a whole file broke the link is known to be bad: only what was under way then is tried
    # whole, and no file a second time.
    tried_whole = Counter(path for path in asked.paths if "/parts/" not in path)
    assert set(tried_whole.values()) <= {1}
    assert 1 <= len(tried_whole) <= LANES


@pytest.mark.parametrize("cut_after", [70_000, 200_000])
def test_a_link_that_cuts_every_connection_still_brings_every_clip_home(
    page: Page, store_link: FaultyLink, asked: Asked, cut_after: int
) -> None:
    store_link.cut_after = cut_after
    bodies = sounds(4, 300)
    kept = keep_sittings(page, Sitting(SAID, bodies))
    find_network(page)
    wait_until_home(page, all_safe(page, 4))
    assert_each_is_home_once(page, kept, bodies)
    sounds_of = dict(zip(kept, bodies, strict=True))
    assert_crossed_in_parts_once(store_link, asked, sounds_of, folder=storage.clip_parts)


def test_a_spoken_consent_comes_home_once_over_a_link_that_cuts_every_connection(
    page: Page, store_link: FaultyLink, asked: Asked
) -> None:
    store_link.cut_after = 70_000
    (words,) = sounds(1, 200)
    keep_sittings(page, Sitting(SAID, [], spoken=words))
    find_network(page)
    stored = Consent.objects.filter(evidence_stored_at__isnull=False)
    wait_until_home(page, lambda: stored.exists() and rows_of(page, "sounds") == [])
    consent = Consent.objects.get()
    assert storage.read(storage.consent_key(consent.pk), max_bytes=len(words)) == words
    assert list(storage.list_keys(storage.consent_parts(consent.pk))) == []
    assert AuditEvent.objects.filter(act="consent.give").count() == 1
    sounds_of = {str(consent.pk): words}
    assert_crossed_in_parts_once(store_link, asked, sounds_of, folder=storage.consent_parts)


def test_a_store_that_refuses_loses_answers_and_cuts_gets_each_clip_once(
    page: Page, store_link: FaultyLink
) -> None:
    store_link.faults.extend(["503", "lost", "cut-half", "503", "lost", "ok", "cut-half", "lost"])
    bodies = sounds(8, 90)
    kept = keep_sittings(page, Sitting(SAID, bodies))
    find_network(page)
    wait_until_home(page, all_safe(page, 8))
    assert not store_link.faults
    assert_each_is_home_once(page, kept, bodies)


def test_a_server_that_refuses_and_loses_answers_takes_each_clip_once(
    page: Page, server_link: FaultyLink, store_link: FaultyLink, asked: Asked
) -> None:
    server_link.faults.extend(["lost", "503", "cut-half", "lost", "ok", "lost", "503", "lost"])
    bodies = sounds(6, 20)
    kept = keep_sittings(page, Sitting(SAID, bodies))
    find_network(page)
    wait_until_home(page, all_safe(page, 6))
    assert not server_link.faults
    assert_each_is_home_once(page, kept, bodies)
    # A lost answer of the server's costs no transfer: each file crossed the link once.
    assert_crossed_whole_once(store_link, asked, kept, bodies)


def test_a_transfer_that_stalls_is_given_up_and_holds_up_nobody(
    page: Page, store_link: FaultyLink, asked: Asked
) -> None:
    store_link.faults.append("stall")
    # Longer than the test looks on: only the phone can end it.
    store_link.stall_seconds = 2 * HOME_S
    bodies = sounds(5, 30)
    kept = keep_sittings(page, Sitting(SAID, bodies))
    find_network(page)
    wait_until_home(page, all_safe(page, 5))
    assert_each_is_home_once(page, kept, bodies)
    # The rest of the batch went past the one that stalled, which was given up and came after it.
    came = [sent.path for sent in store_link.whole]
    (stalled,) = store_link.stalled
    assert asked.failed[stalled] >= 1
    rest = {path for path in asked.paths[:FIRST_BATCH] if not asked.failed[path]}
    assert rest <= set(came[: came.index(stalled)])


def test_three_tabs_send_each_clip_once(
    page: Page,
    silent_phone: BrowserContext,
    server_link: FaultyLink,
    store_link: FaultyLink,
    asked: Asked,
) -> None:
    tabs = [page, silent_phone.new_page(), silent_phone.new_page()]
    for tab in tabs[1:]:
        tab.goto(f"{server_link.url}/app/")
        expect(tab.get_by_role("heading", name="Who is speaking?")).to_be_visible()
    bodies = sounds(6, 40)
    kept = keep_sittings(page, Sitting(SAID, bodies))
    for tab in tabs:
        tab.evaluate("setTimeout(() => dispatchEvent(new Event('online')), 50)")
    for tab in tabs:
        wait_until_home(page, all_safe(tab, 6))
    assert_each_is_home_once(page, kept, bodies)
    assert_crossed_whole_once(store_link, asked, kept, bodies)
