"""Pure: read a release's recipe strictly; a misspelt filter must not widen a training set."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from backend.releases.split import SPLITS

FORMATS: Final = ("parquet",)
SHARES: Final = {"train": 80, "validation": 10, "test": 10}
_SECTIONS: Final = ("filters", "splits", "weights", "formats", "license")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_LICENSE: Final = re.compile(r"[a-z0-9][a-z0-9.-]{0,39}")
_LISTS: Final = ("languages", "prompt_kinds", "genders", "age_bands", "environments")
_DATES: Final = ("received_from", "received_until")
_SECONDS: Final = ("min_seconds", "max_seconds")
_MOST_VALUES: Final = 100

Fault = dict[str, str]


class RecipeFaulty(Exception):
    """The recipe cannot be followed; `faults` are `[{field, message}]`, all of them."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = faults


@dataclass(frozen=True)
class Recipe:
    """What a release is made of.

    `filters`: `languages`, `prompt_kinds`, `genders`, `age_bands`, `environments` (lists, any of
    them), `received_from`, `received_until` (ISO dates, both included, UTC, by the server's clock),
    `min_seconds`, `max_seconds`, `transcribed` (only with, or only without, a settled text). States
    and consents are no filters: a release holds accepted clips that may be published, no others.
    `splits`: whole percents that add up to 100. `license`: an identifier as the Hub knows them.
    """

    filters: dict[str, Any] = field(default_factory=dict)
    splits: dict[str, int] = field(default_factory=lambda: dict(SHARES))
    formats: tuple[str, ...] = FORMATS
    license: str = "other"

    def as_dict(self) -> dict[str, Any]:
        """Return the recipe in its one full form, as it is stored and compared."""
        return {
            "filters": self.filters,
            "splits": self.splits,
            "weights": {},
            "formats": list(self.formats),
            "license": self.license,
        }


def read_recipe(raw: object, *, kinds: Collection[str]) -> Recipe:
    """Return the recipe with its defaults; raises RecipeFaulty. `kinds`: the kinds of prompts."""
    if not isinstance(raw, Mapping):
        raise RecipeFaulty([_fault("recipe", "Not an object.")])
    faults = [
        _fault(f"recipe.{name}", "This part of a recipe is not known.")
        for name in raw
        if name not in _SECTIONS
    ]
    filters = _filters(raw.get("filters", {}), kinds, faults)
    splits = _splits(raw.get("splits", SHARES), faults)
    if raw.get("weights", {}) != {}:
        faults.append(_fault("recipe.weights", "No weights are known; leave it out."))
    formats = raw.get("formats", list(FORMATS))
    if formats != list(FORMATS):
        faults.append(_fault("recipe.formats", f"Only {list(FORMATS)} can be written."))
    licence = raw.get("license", "other")
    if not isinstance(licence, str) or not _LICENSE.fullmatch(licence):
        faults.append(_fault("recipe.license", "Not an identifier such as cc-by-4.0 or other."))
    if faults:
        raise RecipeFaulty(faults)
    return Recipe(filters=filters, splits=splits, license=str(licence))


def _fault(name: str, message: str) -> Fault:
    return {"field": name, "message": message}


def _filters(raw: object, kinds: Collection[str], faults: list[Fault]) -> dict[str, Any]:
    if not isinstance(raw, Mapping):
        faults.append(_fault("recipe.filters", "Not an object."))
        return {}
    filters: dict[str, Any] = {}
    for name, value in raw.items():
        where = f"recipe.filters.{name}"
        if name in _LISTS:
            message = _list_fault(name, value, kinds)
            value = sorted(set(value)) if not message else value
        elif name in _DATES:
            message = "" if _is_date(value) else "Not a date such as 2026-05-04."
        elif name in _SECONDS:
            message = "" if _is_seconds(value) else "Not a number of seconds from 0 to 3600."
        elif name == "transcribed":
            message = "" if isinstance(value, bool) else "Not true or false."
        else:
            message = "This filter is not known."
        if message:
            faults.append(_fault(where, message))
        else:
            filters[name] = value
    if filters.get("received_from", "") > filters.get("received_until", "9999-12-31"):
        faults.append(_fault("recipe.filters.received_until", "Before received_from."))
    if filters.get("min_seconds", 0) > filters.get("max_seconds", 3600):
        faults.append(_fault("recipe.filters.max_seconds", "Less than min_seconds."))
    return filters


def _list_fault(name: str, value: object, kinds: Collection[str]) -> str:
    if not isinstance(value, list) or not 1 <= len(value) <= _MOST_VALUES:
        return f"Not a list of 1 to {_MOST_VALUES} values."
    if not all(isinstance(one, str) and 0 < len(one) <= 80 for one in value):
        return "Not all are texts of at most 80 characters."
    if name == "prompt_kinds" and not set(value) <= set(kinds):
        return f"Not all are one of {', '.join(sorted(kinds))}."
    if name == "languages" and not all(_LANGUAGE.fullmatch(one) for one in value):
        return "Not all are BCP-47 tags."
    return ""


def _is_date(value: object) -> bool:
    if not isinstance(value, str) or len(value) != 10:
        return False
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_seconds(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 3600


def _splits(raw: object, faults: list[Fault]) -> dict[str, int]:
    message = ""
    if not isinstance(raw, Mapping) or not set(raw) <= set(SPLITS):
        message = f"Not an object with some of {', '.join(SPLITS)}."
    elif not all(
        isinstance(share, int) and not isinstance(share, bool) and 0 <= share <= 100
        for share in raw.values()
    ):
        message = "Not whole percents."
    elif sum(raw.values()) != 100:
        message = "The percents do not add up to 100."
    elif not raw.get("train"):
        message = "A release has a train split."
    else:
        return {split: int(raw[split]) for split in SPLITS if raw.get(split)}
    faults.append(_fault("recipe.splits", message))
    return dict(SHARES)
