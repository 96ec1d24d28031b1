"""What the first opening of the app brings over the link, as Chromium's network log has it."""

from dataclasses import dataclass, field

from playwright.sync_api import BrowserContext, Request, expect


@dataclass
class FirstLoad:
    """Bytes of answers with their headers, by path, in the order in which they were over."""

    page: dict[str, int] = field(default_factory=dict)
    # What the worker fetches afterwards, so that the app opens without a network.
    worker: dict[str, int] = field(default_factory=dict)

    @property
    def shown(self) -> int:
        """How many bytes the first screen needed."""
        return sum(self.page.values())

    @property
    def kept(self) -> int:
        """How many more until the app is on the phone."""
        return sum(self.worker.values())


def load_first(context: BrowserContext, url: str) -> FirstLoad:
    """Open the page on a phone that has never seen it, and wait until the phone keeps the app."""
    done: list[Request] = []
    context.on("requestfinished", lambda request: done.append(request))
    page = context.pages[0]
    page.goto(url)
    expect(page.get_by_role("heading").first).to_be_visible()
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    page.wait_for_load_state("networkidle")
    found = FirstLoad()
    for request in done:
        sizes = request.sizes()
        # Zero: it came from the phone's own cache.
        over_the_link = max(sizes["responseHeadersSize"] + sizes["responseBodySize"], 0)
        side = found.worker if request.service_worker else found.page
        path = request.url.split("/app/")[-1]
        side[path] = side.get(path, 0) + over_the_link
    return found
