"""What a person does on the phone's page, in steps that every browser test shares."""

import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone
from playwright.sync_api import Page, expect

from backend.accounts.services import issue_enrolment_code
from backend.campaigns.models import Campaign

# How long a test waits for a state before it calls it lost. It says nothing about the product: a
# machine that runs other things besides may take many times what a phone does.
PATIENCE_S = 120


def new_code(campaign: Campaign, *, uses: int = 1) -> str:
    """Make an enrolment code that is good for an hour."""
    _, code = issue_enrolment_code(
        campaign_id=campaign.pk,
        uses=uses,
        valid_for=timedelta(hours=1),
        actor="system",
        now=timezone.now(),
    )
    return code


def enrol(page: Page, address: str, code: str, *, name: str = "Ada") -> None:
    """Open the link of a code and give a name; ends on the list of speakers."""
    page.goto(f"{address}/app/#code={code}")
    page.get_by_label("Your name").fill(name)
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("heading", name="Who is speaking?")).to_be_visible()


def describe_speaker(page: Page) -> None:
    """Answer the questions about a new speaker, with a chip, text, a refusal and a list."""
    page.get_by_role("button", name="Add a speaker").click()
    page.get_by_role("group", name="Gender").get_by_text("female", exact=True).click()
    page.get_by_role("textbox", name="Year of birth").fill("1994")
    page.get_by_role("group", name="Accent or region").get_by_text("rather not say").click()
    page.get_by_role("textbox", name="Languages spoken").fill("English, Welsh")
    page.get_by_role("button", name="Next").click()


def go_offline(page: Page) -> None:
    """Lose the network, once the phone keeps the app: its worker holds every file."""
    kept = """Promise.race([navigator.serviceWorker.ready.then(() => true),
      new Promise((late) => setTimeout(late, 20_000, false))])"""
    assert page.evaluate(kept), "the phone does not keep the app"
    page.context.set_offline(True)


def hand_over(page: Page) -> None:
    """Give the phone to the speaker, who says that it is them."""
    expect(page.get_by_role("heading", name="Hand over")).to_be_visible()
    page.get_by_role("button", name=re.compile("^I am ")).click()


def allow_publication(page: Page) -> None:
    """Answer the one thing in the consent that may be refused."""
    expect(page.get_by_text("We record your voice.")).to_be_visible()
    page.get_by_role("group", name="May the recordings be published?").get_by_text("Yes").click()


def agree(page: Page) -> None:
    """Read the consent and tap."""
    allow_publication(page)
    page.get_by_role("button", name="I agree").click()
    expect(page.get_by_role("button", name="Quiet room")).to_be_visible()


def add_speaker(page: Page) -> None:
    """Add a speaker who agrees; ends where the place is asked for."""
    describe_speaker(page)
    hand_over(page)
    agree(page)


def sit_down(page: Page) -> None:
    """Choose the place, which opens the microphone; ends at the first prompt."""
    page.get_by_role("button", name="Quiet room").click()
    record = page.get_by_role("button", name="Record", exact=True)
    on = page.get_by_role("button", name="Go on anyway")
    # A microphone that speaks all the time makes a noisy room; a quiet room asks for no tap.
    expect(record.or_(on)).to_be_visible()
    if on.is_visible():
        on.click()
    expect(record).to_be_visible()


def take(page: Page, *, milliseconds: int = 2500) -> None:
    """Record one take; ends where it can be kept."""
    page.get_by_role("button", name="Record", exact=True).click()
    stop = page.get_by_role("button", name="Stop")
    expect(stop).to_be_enabled()
    page.wait_for_timeout(milliseconds)
    stop.click()
    expect(page.get_by_role("button", name=re.compile("^Keep"))).to_be_visible()


def keep(page: Page) -> None:
    """Keep the take; ends at the next prompt."""
    page.get_by_role("button", name=re.compile("^Keep")).click()
    expect(page.get_by_role("button", name="Record", exact=True)).to_be_visible()


def go_home(page: Page, address: str) -> None:
    """Open the app; ends on the list of speakers."""
    page.goto(f"{address}/app/")
    expect(page.get_by_role("heading", name="Who is speaking?")).to_be_visible()


def rows(page: Page, table: str) -> list[dict[str, Any]]:
    """Read a table of the phone's database."""
    found: list[dict[str, Any]] = page.evaluate(
        """(table) => new Promise((done) => {
          const opening = indexedDB.open("fieldvoice");
          opening.onsuccess = () => {
            const all = opening.result.transaction(table).objectStore(table).getAll();
            all.onsuccess = () => {
              opening.result.close();
              done(all.result.map(({ bytes, ...row }) => ({ ...row, size: bytes?.byteLength })));
            };
          };
        })""",
        table,
    )
    return found


def wait_until(
    page: Page,
    true: Callable[[], bool],
    told: Callable[[], str] = str,
    *,
    seconds: float = PATIENCE_S,
) -> None:
    """Wait for what the page does not show, while it goes on; `told` says where it stands."""
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, f"waited {seconds:.0f} s in vain: {told()}"
        page.wait_for_timeout(100)


def wait_until_sent(page: Page, table: str) -> None:
    """Wait until the server has every row of a table."""

    def sent() -> bool:
        return all(row["sent"] or row["refused"] for row in rows(page, table))

    wait_until(page, sent, lambda: f"{table} to be sent")
