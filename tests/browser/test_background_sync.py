"""The service worker sends what waits when the network is back and no page of the app is open."""

import pytest
from playwright.sync_api import BrowserContext, expect

from backend.clips.models import Clip, ClipEvent
from backend.clips.state import State
from tests.browser.kept import Sitting, find_network, keep_sittings, rows_of
from tests.browser.steps import enrol, new_code, wait_until
from tests.cast import make_campaign

pytestmark = pytest.mark.django_db(transaction=True)


def test_clips_of_a_closed_app_are_sent_by_the_worker_once_there_is_a_network(
    silent_phone: BrowserContext, address: str
) -> None:
    page = silent_phone.pages[0]
    enrol(page, address, new_code(make_campaign()))
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    silent_phone.set_offline(True)
    sounds = [bytes([number]) * 3000 for number in range(3)]
    kept = keep_sittings(page, Sitting({"gender": "female", "birth_year": 1994}, sounds))
    find_network(page)
    expect(page.locator("#status")).to_contain_text("3 on this phone, 0 safe")
    tags = "navigator.serviceWorker.ready.then((found) => found.sync.getTags())"
    wait_until(page, lambda: bool(page.evaluate(tags) == ["outbox"]))

    page.goto("about:blank")
    silent_phone.set_offline(False)
    taken_in = ClipEvent.objects.filter(to_state=State.UPLOADED)
    wait_until(page, lambda: taken_in.count() >= len(kept))
    assert sorted(str(pk) for pk in taken_in.values_list("clip", flat=True)) == sorted(kept)

    page.goto(f"{address}/app/")
    expect(page.locator("#status")).to_contain_text("0 on this phone, 3 safe")
    assert rows_of(page, "sounds") == []
    assert Clip.objects.count() == 3
