"""A walk through the phone's screens in one language, which looks at each."""

import json
from pathlib import Path
from typing import Any

from playwright.sync_api import FloatRect, Page, expect

from backend.settings import BASE_DIR
from tests.browser.accessibility import breaches

ANSWERS = (
    "gender-female",
    "birth_year-unknown",
    "age_band-30-39",
    "accent-declined",
    "languages-unknown",
)
# What is wrong with the page as it stands: too wide, too small for a finger, or cut off.
FAULTS = """() => {
  const faults = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) faults.push(`the page is ${root.scrollWidth} wide`);
  const shown = (one) => one.checkVisibility({visibilityProperty: true, opacityProperty: true})
    && one.getBoundingClientRect().width > 0;
  const leaves = (one) => {
    const {left, right} = one.getBoundingClientRect();
    return left < -0.5 || right > root.clientWidth + 0.5;
  };
  const name = (one) => `${one.tagName.toLowerCase()}.${one.className} "${
    (one.getAttribute('aria-label') || one.innerText || one.id || '').slice(0, 40)}"`;
  const targets = 'button, select, input, summary, .chip label, a[href]';
  for (const one of document.querySelectorAll(targets)) {
    if (!shown(one)) continue;
    const target = one.matches('[type=checkbox], [type=radio]') ? one.closest('label') : one;
    if (!target) continue;
    const {width, height} = target.getBoundingClientRect();
    if (width < 47.5 || height < 47.5) faults.push(`${name(one)} is ${width} x ${height}`);
    if (leaves(target)) faults.push(`${name(one)} leaves the screen`);
    if (one.scrollWidth > one.clientWidth + 1 && !one.matches('input, select')) {
      faults.push(`${name(one)} is cut`);
    }
  }
  for (const one of document.querySelectorAll('h1, h2, p, span, strong, dt, dd, li, legend')) {
    if (!shown(one) || one.closest('.short')) continue;
    const style = getComputedStyle(one);
    const cut = style.overflowX !== 'visible' && one.scrollWidth > one.clientWidth + 1;
    if (cut) faults.push(`${name(one)} is cut`);
    if (leaves(one)) faults.push(`${name(one)} leaves the screen`);
  }
  return faults;
}"""


def said_in(language: str) -> dict[str, str]:
    """Return the words of a language."""
    path = BASE_DIR / "mobile_client" / "i18n" / f"{language}.json"
    words: dict[str, str] = json.loads(path.read_text())
    return words


class Tour:
    """A walk through the screens in one language, which looks at each."""

    def __init__(self, page: Page, language: str, pictures: Path) -> None:
        self.page = page
        self.language = language
        self.words = said_in(language)
        self.pictures = pictures
        self.faults: dict[str, list[str]] = {}

    def button(self, key: str, **values: str) -> Any:
        """Return the button with the words of a key."""
        text = self.words[key].format(**values)
        return self.page.get_by_role("button", name=text, exact=True).first

    def look(self, name: str) -> None:
        """Check the screen as it is and take its picture."""
        found = [*self.page.evaluate(FAULTS), *breaches(self.page)]
        if found:
            self.faults[name] = found
        self.page.screenshot(path=self.pictures / f"{self.language}-{name}.png")

    def enrol(self, address: str, code: str) -> None:
        """Let the phone in; ends on the list of speakers."""
        self.page.goto(f"{address}/app/#code={code}")
        self.page.locator("footer select").select_option(self.language)
        expect(self.page.locator("html")).to_have_attribute("lang", self.language)
        expect(self.page.get_by_role("heading", name=self.words["enrol.title"])).to_be_visible()
        self.look("enrol")
        self.page.locator("#name").fill("Ada")
        self.button("enrol.start").click()
        expect(self.button("people.add")).to_be_visible()
        self.look("people-none")

    def add_speaker(self) -> None:
        """Add a speaker who agrees; ends where the place is asked for."""
        self.button("people.add").click()
        expect(self.page.locator("form")).to_be_visible()
        self.look("speaker")
        for chip in ANSWERS:
            self.page.locator(f"label[for='{chip}']").click()
        self.button("next").click()
        handover = self.page.locator(".screen.handover .primary")
        expect(handover.or_(self.page.locator(".screen.consent"))).to_be_visible()
        if handover.is_visible():
            self.look("handover")
            handover.click()
        agree = self.button("consent.agree")
        expect(agree).to_be_visible()
        self.look("consent")
        for scope in self.page.locator(".consent fieldset .chip:first-child label").all():
            scope.click()
        agree.click()

    def sit_down(self) -> None:
        """Choose the place and let the phone listen to the room; ends in the booth."""
        place = self.button("place.quiet-room")
        expect(place).to_be_visible()
        self.look("where")
        place.click()
        expect(self.page.get_by_role("heading", name=self.words["room.listen"])).to_be_visible()
        self.look("room")
        expect(self.page.locator(".tap")).to_be_visible()

    def tap_box(self) -> FloatRect:
        """Return where the record button, or what stands in its place, is."""
        box = self.page.locator(".tap:visible, .keep:visible").bounding_box()
        assert box is not None
        return box
