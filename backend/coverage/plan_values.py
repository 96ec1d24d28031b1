"""Pure: the faults of a plan's smallest pieces: a level, a number."""

from math import isfinite
from typing import Any, Final

from backend.speakers.cells import DECLINED, UNKNOWN

Fault = dict[str, str]
MOST: Final = 10**12
_LONGEST_LEVEL: Final = 80
_SHOWN: Final = 12


def fault(field: str, message: str) -> Fault:
    """Return one fault."""
    return {"field": field, "message": message}


def level_fault(level: Any, known: tuple[str, ...] | None) -> str:
    """Say what is wrong with a level; `known`: those there are, None where any text is one."""
    if not isinstance(level, str) or not 0 < len(level) <= _LONGEST_LEVEL:
        return f"A level is a text of at most {_LONGEST_LEVEL} characters."
    if set("|=") & set(level) or not level.isprintable() or level != level.strip():
        return "A level has no | and =, no control characters, and no blanks around it."
    if level in (UNKNOWN, DECLINED):
        return "Unknown and declined cannot have a target."
    if known is not None and level not in known:
        shown = ", ".join(known[:_SHOWN]) + (" …" if len(known) > _SHOWN else "")
        return f"{level} is none of {shown}."
    return ""


def whole_fault(field: str, value: Any) -> list[Fault]:
    """Return the fault of what should be a whole number of 0 or more, as a list of one or none."""
    if type(value) is int and 0 <= value <= MOST:
        return []
    return [fault(field, "A whole number, 0 or more.")]


def is_amount(value: Any, *, at_least: float | None = None) -> bool:
    """Say whether a value is a finite number above 0, or of `at_least` so much."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return False
    return value <= MOST and (value > 0 if at_least is None else value >= at_least)
