"""Find the rules that a person named: the default ones, those of a file, or a campaign's."""

import json
from pathlib import Path
from typing import Final

from django.db import DatabaseError

from backend.campaigns.models import QualityProfile
from backend.campaigns.services import default_rules
from backend.quality.profile import ProfileInvalid, Rule, read_rules

DEFAULT: Final = "default"
MEANING: Final = (
    "`default`, a JSON file (a list of rules, or an object with `rules`), or a campaign's slug"
)


class NoSuchProfile(ValueError):
    """Nothing of that name, or nothing in it that could be judged by; the message says which."""


def find_profile(name: str) -> list[Rule]:
    """Return the rules of `name`; only a campaign's need a database. Raises NoSuchProfile.

    A name with a slash, or one ending in .json, is a file's and never a campaign's.
    """
    if name == DEFAULT:
        return read_rules(default_rules())
    try:
        if "/" in name or name.endswith(".json") or Path(name).is_file():
            return read_rules(_in_file(Path(name)))
        return read_rules(_of_campaign(name))
    except ProfileInvalid as error:
        raise NoSuchProfile(f"the profile {name} is not valid: {error}") from error


def _in_file(path: Path) -> object:
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise NoSuchProfile(f"{path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise NoSuchProfile(f"{path} is not JSON") from error
    return document["rules"] if isinstance(document, dict) and "rules" in document else document


def _of_campaign(slug: str) -> object:
    profiles = QualityProfile.objects.filter(campaign__slug=slug).order_by("-version")
    try:
        newest = profiles.first()
    except DatabaseError as error:
        words = f"{slug} is no file, and there is no database to ask for a campaign of that name"
        raise NoSuchProfile(words) from error
    if newest is None:
        raise NoSuchProfile(f"{slug} is neither `{DEFAULT}`, nor a file, nor a campaign's slug")
    return newest.rules
