"""Show values as people read them."""

from collections.abc import Iterable

from django import template

from backend.console.panels import StateCount
from backend.speakers.cells import levels_of

register = template.Library()


@register.filter
def words(name: str) -> str:
    """Return a code's name as words: `too_quiet` is `too quiet`."""
    return str(name).replace("_", " ")


@register.filter
def amount(value: float) -> str:
    """Return a count as it is and seconds without a fraction, grouped by thousands."""
    return f"{round(value):,}"


@register.filter
def as_seconds(milliseconds: int) -> str:
    """Return milliseconds as seconds with one decimal."""
    return f"{milliseconds / 1000:.1f}"


@register.filter
def measured(value: object) -> str:
    """Return a measure with at most four significant digits; a person's reason has none."""
    if not isinstance(value, int | float):
        return "–"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


@register.filter
def unlocal(value: object) -> str:
    """Return a number as attributes of SVG and HTML want it."""
    return str(value)


@register.filter
def levels(cell: str) -> str:
    """Return a cell's levels: `gender=female|age_band=18-29` is `female, 18-29`."""
    return ", ".join(levels_of(cell).values())


@register.filter
def total_count(counts: Iterable[StateCount]) -> int:
    """Return how many clips there are in all."""
    return sum(row.count for row in counts)
