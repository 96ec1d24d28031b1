"""Pure: check what a speaker said of themselves against the campaign's field specs."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

DECLINED: Final = "declined"
UNKNOWN: Final = "unknown"
NOT_SAID: Final = frozenset({UNKNOWN, DECLINED})

DEFAULT_FIELDS: Final[list[dict[str, Any]]] = [
    {"name": "gender", "kind": "choice", "choices": ["female", "male", "non-binary", "other"]},
    {"name": "birth_year", "kind": "year"},
    {
        "name": "age_band",
        "kind": "choice",
        "choices": ["under-18", "18-29", "30-39", "40-49", "50-59", "60+"],
    },
    {"name": "accent", "kind": "text"},
    {"name": "languages", "kind": "list"},
]


def faults(
    answers: Mapping[str, Any], specs: Sequence[Mapping[str, Any]], on: date
) -> list[dict[str, str]]:
    """Return `[{field, message}]`, empty when the answers fit the specs.

    Kinds: `choice` (one of `choices`), `year` (a birth year), `text` (≤ 80 characters), `list`
    (≤ 10 texts). `unknown` and `declined` fit every kind. A field that is left out is unknown,
    unless its spec says `required`.
    """
    known = {str(spec["name"]): spec for spec in specs}
    found = [
        {"field": f"demographics.{name}", "message": "This campaign does not ask for this."}
        for name in sorted(set(answers) - set(known))
    ]
    for name, spec in known.items():
        if name not in answers:
            if spec.get("required"):
                found.append({"field": f"demographics.{name}", "message": "This is required."})
            continue
        message = _fault(answers[name], spec, on)
        if message:
            found.append({"field": f"demographics.{name}", "message": message})
    return found


def _fault(value: Any, spec: Mapping[str, Any], on: date) -> str:
    if isinstance(value, str) and value in NOT_SAID:
        return ""
    kind = spec["kind"]
    if kind == "choice":
        return "" if value in spec["choices"] else "Not one of the choices."
    if kind == "year":
        is_year = isinstance(value, int) and not isinstance(value, bool)
        return "" if is_year and on.year - 120 <= value <= on.year else "Not a birth year."
    if kind == "text":
        fits = isinstance(value, str) and len(value) <= 80 and "|" not in value and "=" not in value
        return "" if fits else "Not a text of at most 80 characters (without | and =)."
    fits = (
        isinstance(value, list)
        and len(value) <= 10
        and all(isinstance(item, str) and len(item) <= 35 for item in value)
    )
    return "" if fits else "Not a list of at most 10 short texts."
