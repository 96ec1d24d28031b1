"""What a person does on the phone's page, by what they see: labels, buttons, headings."""

from collections.abc import Callable

from selenium.common.exceptions import (
    ElementClickInterceptedException,
    ElementNotInteractableException,
    StaleElementReferenceException,
)
from selenium.webdriver import Remote
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

_PATIENCE = 120
_PASSING = (
    ElementClickInterceptedException,
    ElementNotInteractableException,
    StaleElementReferenceException,
)


class PhonePage:
    """One open page of the app, in English."""

    def __init__(self, browser: Remote) -> None:
        self.browser = browser

    def enrol(self, address: str, code: str) -> None:
        """Open the link of a code and give a name; ends on the list of speakers."""
        self.browser.get(f"{address}/app/#code={code}")
        self._labelled("Your name").send_keys("Ada")
        self.tap("Start")
        self.see("Who is speaking?")

    def add_speaker(self) -> None:
        """Add a speaker who agrees; ends where the place is asked for."""
        self.tap("Add a speaker")
        self._first('//fieldset[legend[contains(., "Gender")]]//label[normalize-space()="female"]')
        self.tap("Next")
        self.tap("They'd rather not say")
        self.tap("Next")
        self.tap("I am ")
        self._first('//fieldset[contains(., "published")]//label[normalize-space()="Yes"]')
        self.tap("I agree")
        self.see("Quiet room")

    def sit_down(self) -> None:
        """Choose the place; the made microphone beeps, so the room may be called loud."""
        self.tap("Quiet room")
        self.tap("Go on anyway", or_see="Record")

    def take(self, *, seconds: float) -> None:
        """Record a take."""
        self.tap("Record")
        self.see("Stop")
        self.wait(seconds)
        self.tap("Stop")

    def keep(self) -> None:
        """Keep the take, whatever the phone thinks of it."""
        self.tap("Keep")

    def wait(self, seconds: float) -> None:
        """Let the page go on for so long."""
        self.browser.execute_async_script("setTimeout(arguments[1], arguments[0])", seconds * 1000)

    def run(self, promise: str) -> object:
        """Return what a promise of the page comes to."""
        return self.browser.execute_async_script(
            f"({promise}).then(arguments[0], (error) => arguments[0](`failed: ${{error}}`))"
        )

    def see(self, text: str) -> WebElement:
        """Wait until the text stands on the page, or names a button."""
        return self._until(
            lambda: self._find(f"//main//*[{_named(text)}] | //footer//*[{_named(text)}]")
        )

    def tap(self, name: str, *, or_see: str = "") -> None:
        """Tap the button whose name begins so, once it can be; or see another, if allowed."""

        def tapped() -> WebElement | None:
            found = self._find(f"//button[{_named(name)} and not(@disabled)]")
            if found:
                self._click(found)
                return found
            return self._find(f"//button[{_named(or_see)}]") if or_see else None

        self._until(tapped)

    def _first(self, path: str) -> None:
        def clicked() -> WebElement | None:
            found = self._find(path)
            if found:
                self._click(found)
            return found

        self._until(clicked)

    def _click(self, element: WebElement) -> None:
        # As a finger would: not under the bar at the bottom.
        self.browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()

    def _labelled(self, text: str) -> WebElement:
        path = f'//*[self::input or self::textarea][@id=//label[contains(., "{text}")]/@for]'
        return self._until(lambda: self._find(path))

    def _find(self, path: str) -> WebElement | None:
        return next(
            (one for one in self.browser.find_elements("xpath", path) if one.is_displayed()), None
        )

    def _until(self, look: Callable[[], WebElement | None]) -> WebElement:
        waiting = WebDriverWait(self.browser, _PATIENCE, 0.2, ignored_exceptions=_PASSING)
        return waiting.until(lambda _: look() or False)


def _named(text: str) -> str:
    return f'starts-with(normalize-space(.), "{text}") or starts-with(@aria-label, "{text}")'
