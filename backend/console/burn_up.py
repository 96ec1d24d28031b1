"""Pure: the burn-up curve as coordinates of a picture: what there was, and the band of what comes.

The template draws it; the page's policy allows no script of its own and no style in the markup.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from backend.coverage.outlook import BurnUp

WIDTH: Final = 960
HEIGHT: Final = 280
_LEFT: Final = 56
_RIGHT: Final = 16
_TOP: Final = 16
_BOTTOM: Final = 28
# Between the target and the picture's edge, so that a curve that reaches it is still seen.
_HEADROOM: Final = 1.05


@dataclass(frozen=True)
class Mark:
    """A labelled place on an axis; `anchor`: which end of the words is there."""

    at: float
    label: str
    anchor: str = "middle"


@dataclass(frozen=True)
class Picture:
    """Points of SVG lines; places are in pixels of WIDTH by HEIGHT."""

    past: str
    band: str
    middle: str
    today: float
    target: float
    ends: float | None
    days: tuple[Mark, ...]
    amounts: tuple[Mark, ...]
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    top: int = _TOP
    bottom: int = HEIGHT - _BOTTOM
    width: int = WIDTH
    height: int = HEIGHT


def draw_picture(course: BurnUp, *, ends: date | None) -> Picture | None:
    """Return the picture of a course; None where nothing is asked for, so nothing can be drawn.

    The plan's end is drawn where it lies within the days shown.
    """
    if course.target <= 0:
        return None
    first, today = course.past[0][0], course.past[-1][0]
    last = course.ahead[-1][0]
    days = max((last - first).days, 1)
    scale = (HEIGHT - _TOP - _BOTTOM) / (course.target * _HEADROOM)

    def x(day: date) -> float:
        return round(_LEFT + (WIDTH - _LEFT - _RIGHT) * (day - first).days / days, 1)

    def y(amount: float) -> float:
        return round(HEIGHT - _BOTTOM - amount * scale, 1)

    upper = [(x(day), y(amounts[-1])) for day, amounts in course.ahead]
    lower = [(x(day), y(amounts[0])) for day, amounts in course.ahead]
    marks = [Mark(x(today), "today")]
    if first < today and x(today) - x(first) > 80:
        marks.insert(0, Mark(x(first), first.isoformat(), "start"))
    marks.append(Mark(x(last), last.isoformat(), "end"))
    shown = ends if ends is not None and first <= ends <= last else None
    return Picture(
        past=_points([(x(day), y(amount)) for day, amount in course.past]),
        band=_points([*upper, *reversed(lower)]),
        middle=_points([(x(day), y(amounts[len(amounts) // 2])) for day, amounts in course.ahead]),
        today=x(today),
        target=y(course.target),
        ends=None if shown is None else x(shown),
        days=tuple(marks),
        amounts=tuple(
            Mark(y(course.target * part), f"{round(course.target * part):,}", "end")
            for part in (0, 0.5, 1)
        ),
    )


def _points(places: list[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in places)
