"""Pure: which cell a speaker falls in, and a clip of theirs in one sitting. No Django."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from backend.speakers.bands import (
    DEFAULT_BANDS,
    OLDEST_AGE,
    Band,
    level_of_age,
    level_of_said,
)

UNKNOWN: Final = "unknown"
DECLINED: Final = "declined"
AGE_BAND: Final = "age_band"
AGE_BANDS: Final = tuple(band.name for band in DEFAULT_BANDS)
# Not the speaker's: where they sit and on what they record, which each sitting says anew.
ENVIRONMENT: Final = "environment"
DEVICE_CLASS: Final = "device_class"
SESSION_DIMENSIONS: Final = (ENVIRONMENT, DEVICE_CLASS)
DEVICE_CLASSES: Final = ("android", "ios", "desktop", "other")
# The places that the phone offers.
ENVIRONMENTS: Final = ("quiet-room", "indoors", "outdoors", "vehicle")
# What a key may have at most: its column's size.
LONGEST_KEY: Final = 200
# Common Voice's word for it, in files of others.
_DECLINED_AS_WELL: Final = "do_not_wish_to_say"
_SYSTEMS: Final = (
    # iPhones call themselves "like Mac OS X", Android phones "Linux": the narrower word goes first.
    ("ios", re.compile(r"\b(?:iphone|ipad|ipod|ios)\b")),
    ("android", re.compile(r"\bandroid\b")),
    ("desktop", re.compile(r"\b(?:windows|mac|linux|x11|cros|chrome os|chromium os)")),
)


def age_band(birth_year: int, on: date, bands: Sequence[Band] = DEFAULT_BANDS) -> str:
    """Return the age band of somebody born in that year, by the age reached during this year.

    A year on either side of the birthday is within what a band can say. Raises ValueError for a
    year in the future or more than 120 years ago.
    """
    age = on.year - birth_year
    if not 0 <= age <= OLDEST_AGE:
        raise ValueError(f"birth year {birth_year} is not that of a living person")
    return level_of_age(age, bands)


def level_of(
    demographics: Mapping[str, Any],
    dimension: str,
    on: date,
    bands: Sequence[Band] | None = None,
) -> str:
    """Return one dimension's level; what was not said is `unknown`, what was refused `declined`.

    `bands`: the plan's age bands when it names some; a band that somebody said and that lies in
    none of them is no level of the plan, so it is unknown. Of a list the first counts (the first
    of one's languages). A session's dimension is unknown of a person.
    """
    if dimension in SESSION_DIMENSIONS:
        return UNKNOWN
    value = demographics.get(dimension)
    if dimension == AGE_BAND:
        return _band_level(value, demographics.get("birth_year"), on, bands)
    if isinstance(value, list):
        value = value[0] if value else None
    if value in (None, ""):
        return UNKNOWN
    return DECLINED if value == _DECLINED_AS_WELL else str(value)


def _band_level(said: Any, year: Any, on: date, bands: Sequence[Band] | None) -> str:
    if said not in (None, "", UNKNOWN):
        if bands is None or said == DECLINED:
            return str(said)
        level = level_of_said(str(said), bands)
        if level is not None:
            return level
    if isinstance(year, int):
        return age_band(year, on, DEFAULT_BANDS if bands is None else bands)
    return DECLINED if year == DECLINED else UNKNOWN


def cell_key(
    demographics: Mapping[str, Any],
    dimensions: Sequence[str],
    on: date,
    bands: Sequence[Band] | None = None,
) -> str:
    """Return the cell as text, `dimension=level` joined by `|` in the campaign's order."""
    return key_of(
        {name: level_of(demographics, name, on, bands) for name in dimensions}, dimensions
    )


def key_of(levels: Mapping[str, str], dimensions: Sequence[str]) -> str:
    """Return the cell key of given levels; raises KeyError when a dimension is missing.

    Levels are shortened when the key would not fit its column.
    """
    key = "|".join(f"{name}={levels[name]}" for name in dimensions)
    if len(key) <= LONGEST_KEY:
        return key
    room = (LONGEST_KEY - sum(len(name) + 2 for name in dimensions)) // max(1, len(dimensions))
    return "|".join(f"{name}={levels[name][: max(1, room)]}" for name in dimensions)


def levels_of(key: str) -> dict[str, str]:
    """Return a cell key as `{dimension: level}`."""
    return dict(part.split("=", 1) for part in key.split("|")) if key else {}


def counts_to_target(key: str) -> bool:
    """Say whether a cell may have a target: unknown and declined are shown, never counted."""
    return not {UNKNOWN, DECLINED} & set(levels_of(key).values())


def cell_in_session(key: str, levels: Mapping[str, str]) -> str:
    """Return a speaker's cell with a sitting's levels put in; without such dimensions the same."""
    if not has_session_dimensions(key):
        return key
    own = levels_of(key)
    given = {name: levels.get(name, UNKNOWN) for name in own if name in SESSION_DIMENSIONS}
    return key_of(own | given, list(own))


def person_key(key: str) -> str:
    """Return the cell of the person of a cell: what a phone knows, whatever the sitting."""
    return cell_in_session(key, {})


def has_session_dimensions(key: str) -> bool:
    """Say whether clips of one speaker may fall in several cells by how they sit."""
    return any(part.split("=", 1)[0] in SESSION_DIMENSIONS for part in key.split("|"))


def session_levels(*, environment: str, system: str, user_agent: str = "") -> dict[str, str]:
    """Return a sitting's levels: `{environment, device_class}`.

    `environment`: what the collector chose; `system`: the device's operating system as the phone
    says it (userAgentData's platform, or the first words in parentheses of the user agent).
    """
    place = environment.strip()
    usable = bool(place) and not set("|=") & set(place)
    return {
        ENVIRONMENT: place if usable else UNKNOWN,
        DEVICE_CLASS: device_class(system or user_agent),
    }


def device_class(system: str) -> str:
    """Return `android`, `ios`, `desktop` or `other` for a system's name, `unknown` without one."""
    said = system.lower().strip()
    if not said:
        return UNKNOWN
    return next((name for name, words in _SYSTEMS if words.search(said)), "other")
