"""Pure: age bands as a plan names them, and presets that others publish. No Django.

A band is a name with a first and a last age in whole years, both of them in it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

OLDEST_AGE: Final = 120
# Said of somebody whose age is known and in none of the plan's bands: neither unknown nor declined.
OUTSIDE: Final = "outside"
_NAMED: Final = re.compile(
    r"(?:under-(?P<under>\d{1,3})|(?P<first>\d{1,3})(?:-(?P<last>\d{1,3})|\+))\Z"
)
_MOST_BANDS: Final = 40


@dataclass(frozen=True)
class Band:
    """A name for the ages from `first` to `last`."""

    name: str
    first: int
    last: int = OLDEST_AGE

    def holds(self, age: int) -> bool:
        """Say whether somebody of this age is in it."""
        return self.first <= age <= self.last


def _bands(*names: str) -> tuple[Band, ...]:
    found = []
    for name in names:
        ages = ages_of_name(name)
        if ages is not None:
            found.append(Band(name, *ages))
    return tuple(found)


def ages_of_name(name: str) -> tuple[int, int] | None:
    """Return the ages that a name like `under-18`, `18-24` or `60+` says, else None."""
    match = _NAMED.match(name)
    if match is None:
        return None
    if match["under"] is not None:
        return 0, int(match["under"]) - 1
    return int(match["first"]), int(match["last"]) if match["last"] else OLDEST_AGE


DEFAULT_BANDS: Final = _bands("under-18", "18-29", "30-39", "40-49", "50-59", "60+")
PRESETS: Final[Mapping[str, tuple[Band, ...]]] = {
    "default": DEFAULT_BANDS,
    # Common Voice's keys as its files have them, the misspelt one too.
    "common-voice": (
        Band("teens", 0, 18),
        Band("twenties", 19, 29),
        Band("thirties", 30, 39),
        Band("fourties", 40, 49),
        Band("fifties", 50, 59),
        Band("sixties", 60, 69),
        Band("seventies", 70, 79),
        Band("eighties", 80, 89),
        Band("nineties", 90),
    ),
    # As most surveys ask.
    "18-24..65+": _bands("under-18", "18-24", "25-34", "35-44", "45-54", "55-64", "65+"),
}
_AGES_OF_PRESETS: Final = {
    band.name: (band.first, band.last) for bands in PRESETS.values() for band in bands
}


def bands_of(plan: Mapping[str, Any]) -> tuple[Band, ...] | None:
    """Return the age bands that a sound plan names, None when it leaves the usual ones."""
    named = plan.get("bands", {}).get("age_band")
    if named is None:
        return None
    if isinstance(named, str):
        return PRESETS[named]
    return tuple(_band(row) for row in named)


def _band(row: Mapping[str, Any]) -> Band:
    first, last = row.get("from"), row.get("to")
    if first is None and last is None:
        first, last = ages_of_name(row["name"]) or (0, OLDEST_AGE)
    return Band(row["name"], first or 0, OLDEST_AGE if last is None else last)


def level_of_age(age: int, bands: Sequence[Band]) -> str:
    """Return the name of the band of an age, OUTSIDE when there is none."""
    return next((band.name for band in bands if band.holds(age)), OUTSIDE)


def level_of_said(said: str, bands: Sequence[Band]) -> str | None:
    """Return the plan's band that holds all ages of a band somebody named, None when none does.

    `60+` lies in `55+`; `18-29` lies across `18-24` and `25-34`, so nobody knows which.
    """
    if any(band.name == said for band in bands):
        return said
    ages = ages_of_name(said) or _AGES_OF_PRESETS.get(said)
    if ages is None:
        return None
    whole = (band for band in bands if band.holds(ages[0]) and band.holds(ages[1]))
    return next((band.name for band in whole), None)


def band_faults(named: Any) -> list[dict[str, str]]:
    """Return `[{field, message}]` of `bands.age_band`: a preset's name, or bands that are apart.

    `[{name, from?, to?}]`: whole years, both ends in it; without both the name must say them. No
    band may be empty or overlap another; ages in no band are left out on purpose.
    """
    field = "bands.age_band"
    if isinstance(named, str):
        if named in PRESETS:
            return []
        return [{"field": field, "message": f"One of {', '.join(PRESETS)}, or a list of bands."}]
    if not isinstance(named, list) or not named:
        return [{"field": field, "message": "A list of bands is needed, with one at least."}]
    if len(named) > _MOST_BANDS:
        return [{"field": field, "message": f"At most {_MOST_BANDS} bands."}]
    faults = []
    for index, row in enumerate(named):
        message = _fault_of(row)
        if message:
            faults.append({"field": f"{field}.{index}", "message": message})
    if faults:
        return faults
    return _faults_between([_band(row) for row in named], field)


def _fault_of(row: Any) -> str:
    if not isinstance(row, dict) or not {"name"} <= set(row) <= {"name", "from", "to"}:
        return "A band is {name, from?, to?}."
    name = row["name"]
    if not isinstance(name, str) or not 0 < len(name) <= 40 or set("|=") & set(name):
        return "A band's name is a text of at most 40 characters without | and =."
    if name in (OUTSIDE, "unknown", "declined"):
        return f"No band can be called {name}."
    ends = [row.get("from"), row.get("to")]
    if any(
        end is not None and (type(end) is not int or not 0 <= end <= OLDEST_AGE) for end in ends
    ):
        return f"An age is a whole number from 0 to {OLDEST_AGE}."
    said = ages_of_name(name)
    if ends == [None, None] and said is None:
        return "A band needs `from` or `to`, or a name that says them (18-24, 60+, under-18)."
    band = _band(row)
    if band.first > band.last or band.first > OLDEST_AGE:
        return f"This band is empty: from {band.first} to {band.last}."
    if said is not None and said != (band.first, band.last):
        return (
            f"The name says {said[0]} to {said[1]}, the band is from {band.first} to {band.last}."
        )
    return ""


def _faults_between(bands: list[Band], field: str) -> list[dict[str, str]]:
    faults = []
    for index, band in enumerate(bands):
        for other in bands[:index]:
            if other.name == band.name:
                message = f"Two bands are called {band.name}."
            elif band.first <= other.last and other.first <= band.last:
                shared = max(band.first, other.first)
                message = f"{band.name} overlaps {other.name}: both hold the age {shared}."
            else:
                continue
            faults.append({"field": f"{field}.{index}", "message": message})
            break
    return faults
