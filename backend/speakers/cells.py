"""Pure: which cell a speaker falls in. No Django."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

UNKNOWN: Final = "unknown"
DECLINED: Final = "declined"
# Common Voice's bands; a year on either side of birthday is within what a band can say.
_BANDS: Final = ((18, "under-18"), (30, "18-29"), (40, "30-39"), (50, "40-49"), (60, "50-59"))
OLDEST_BAND: Final = "60+"
AGE_BANDS: Final = (*(name for _, name in _BANDS), OLDEST_BAND)


def age_band(birth_year: int, on: date) -> str:
    """Return the age band of somebody born in that year, by the age reached during this year.

    Raises ValueError for a year in the future or more than 120 years ago.
    """
    age = on.year - birth_year
    if not 0 <= age <= 120:
        raise ValueError(f"birth year {birth_year} is not that of a living person")
    return next((name for upper, name in _BANDS if age < upper), OLDEST_BAND)


def level_of(demographics: Mapping[str, Any], dimension: str, on: date) -> str:
    """Return one dimension's level; what was not said is `unknown`, what was refused `declined`."""
    if dimension == "age_band" and demographics.get("age_band") in (None, "", UNKNOWN):
        year = demographics.get("birth_year")
        if isinstance(year, int):
            return age_band(year, on)
        return DECLINED if year == DECLINED else UNKNOWN
    value = demographics.get(dimension)
    return UNKNOWN if value in (None, "") else str(value)


def cell_key(demographics: Mapping[str, Any], dimensions: Sequence[str], on: date) -> str:
    """Return the cell as text, `dimension=level` joined by `|` in the campaign's order."""
    return "|".join(f"{name}={level_of(demographics, name, on)}" for name in dimensions)


def key_of(levels: Mapping[str, str], dimensions: Sequence[str]) -> str:
    """Return the cell key of given levels; raises KeyError when a dimension is missing."""
    return "|".join(f"{name}={levels[name]}" for name in dimensions)


def levels_of(key: str) -> dict[str, str]:
    """Return a cell key as `{dimension: level}`."""
    return dict(part.split("=", 1) for part in key.split("|")) if key else {}


def counts_to_target(key: str) -> bool:
    """Say whether a cell may have a target: unknown and declined are shown, never counted."""
    return not {UNKNOWN, DECLINED} & set(levels_of(key).values())
