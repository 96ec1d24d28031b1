"""What axe-core finds on a page: faults by which it shuts somebody out."""

from typing import Final

from playwright.sync_api import Page

from backend.settings import BASE_DIR

_AXE: Final = BASE_DIR / "mobile_client" / "node_modules" / "axe-core" / "axe.min.js"
_RUN: Final = """async () => {
  const found = await axe.run(document, {resultTypes: ['violations']});
  const say = (id, {html, failureSummary}) =>
    `axe ${id}: ${html.slice(0, 120)} (${failureSummary.split('\\n').slice(1).join(';')})`;
  return found.violations.flatMap(({id, nodes}) => nodes.map((node) => say(id, node)));
}"""


def breaches(page: Page) -> list[str]:
    """Return each fault in words, with the element it is at."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(f"() => {{ {_AXE.read_text()} }}")
    found: list[str] = page.evaluate(_RUN)
    return found
