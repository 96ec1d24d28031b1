"""Pure: standard vocabularies of what people say of themselves: codes by their form, and presets.

Forms, not registers: a well-formed code that nobody has registered passes, for the registers grow
and a phone in the field must not depend on which edition a server has.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from backend.speakers.bands import PRESETS as BAND_PRESETS

# RFC 5646, section 2.1: language, script, region, variants, extensions, private use.
_BCP47: Final = re.compile(
    r"(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})"
    r"(?:-[a-z]{4})?(?:-(?:[a-z]{2}|\d{3}))?"
    r"(?:-(?:[a-z0-9]{5,8}|\d[a-z0-9]{3}))*(?:-[0-9a-wy-z](?:-[a-z0-9]{2,8})+)*"
    r"(?:-x(?:-[a-z0-9]{1,8})+)?\Z",
    re.IGNORECASE,
)
_FORMS: Final[Mapping[str, tuple[re.Pattern[str], str]]] = {
    "bcp-47": (_BCP47, "a BCP-47 tag, as es-MX or zh-Hant"),
    "iso-639-3": (re.compile(r"[a-z]{3}\Z"), "an ISO 639-3 code, as swh"),
    "iso-3166-2": (re.compile(r"[A-Z]{2}-[A-Z0-9]{1,3}\Z"), "an ISO 3166-2 code, as ES-CT"),
    "iso-15924": (re.compile(r"[A-Z][a-z]{3}\Z"), "an ISO 15924 code, as Arab"),
}
# Common Voice since 2024, "Sex or Gender". Its sixth, do_not_wish_to_say, is `declined` here, which
# every field takes (backend.speakers.cells).
GENDERS: Final = (
    "female_feminine",
    "male_masculine",
    "intersex",
    "transgender",
    "non-binary",
)
_CLOSED: Final[Mapping[str, tuple[str, ...]]] = {
    "common-voice-gender": GENDERS,
    "common-voice-age": tuple(band.name for band in BAND_PRESETS["common-voice"]),
    "age-18-24..65+": tuple(band.name for band in BAND_PRESETS["18-24..65+"]),
}
VOCABULARIES: Final = (*_FORMS, *_CLOSED)


def choices_of(vocabulary: str) -> tuple[str, ...] | None:
    """Return all values of a closed vocabulary, None for one that is known by its form."""
    return _CLOSED.get(vocabulary)


def value_fault(vocabulary: str, value: str) -> str:
    """Say why a value is none of a vocabulary's; empty when it is one."""
    if vocabulary in _CLOSED:
        known = _CLOSED[vocabulary]
        return "" if value in known else f"{value} is none of {', '.join(known)}."
    pattern, form = _FORMS[vocabulary]
    return "" if pattern.match(value) else f"{value} is not {form}."


def field_faults(spec: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with a field spec's `vocabulary`, in words.

    A vocabulary is of choices: what somebody types on a phone days from any network could only be
    refused when it comes home, with the person long gone.
    """
    name = spec.get("vocabulary")
    if name is None:
        return []
    if name not in VOCABULARIES:
        return [f"One of {', '.join(VOCABULARIES)}."]
    if spec.get("kind") != "choice":
        return ["Only a choice has a vocabulary."]
    choices: Sequence[str] = spec.get("choices") or ()
    if not choices and name in _FORMS:
        return ["Its choices are needed: this vocabulary is known by its form."]
    return [message for choice in choices if (message := value_fault(name, choice))]


def with_choices(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return a sound field spec with the choices of its vocabulary where it names none."""
    known = choices_of(spec.get("vocabulary", ""))
    if spec.get("choices") or known is None:
        return dict(spec)
    return {**spec, "choices": list(known)}
