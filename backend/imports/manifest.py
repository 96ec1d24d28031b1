"""Pure: read fieldvoice.json, the list of what a phone saved: format 1, one row per request."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

FORMAT = 1
NAME = "fieldvoice.json"


class ManifestWrong(Exception):
    """The list is not in the form that a phone writes; the message says where."""


@dataclass(frozen=True)
class Entry:
    """Something the phone would have sent by itself: its id, whose it is, the request's body."""

    id: UUID
    collector: str
    campaign: str
    request: dict[str, Any]
    file: str = ""
    # Of a speaker: what they corrected on the phone, and the server may not know yet.
    answers: dict[str, Any] | None = None


@dataclass(frozen=True)
class Withdrawal:
    """What a speaker took back on the phone, and the server may not know yet."""

    collector: str
    campaign: str
    speaker: UUID | None
    clip: UUID | None
    reason: str


@dataclass(frozen=True)
class Manifest:
    """What a phone saved, in the order in which the server needs it."""

    install_id: str
    speakers: list[Entry]
    consents: list[Entry]
    sessions: list[Entry]
    clips: list[Entry]
    withdrawals: list[Withdrawal]


def read_manifest(value: Any) -> Manifest:
    """Return the manifest of a parsed JSON value; raises ManifestWrong.

    Only the frame is looked at: what a request holds is judged one by one, as the API does.
    """
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise ManifestWrong(f"{NAME} is not of format {FORMAT}.")
    return Manifest(
        install_id=str(value.get("install_id", "")),
        speakers=list(_entries(value, "speakers")),
        consents=list(_entries(value, "consents")),
        sessions=list(_entries(value, "sessions")),
        clips=list(_entries(value, "clips")),
        withdrawals=list(_withdrawals(value)),
    )


def _rows(value: dict[str, Any], name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    rows = value.get(name, [])
    if not isinstance(rows, list):
        raise ManifestWrong(f"{NAME}: {name} is not a list.")
    for index, row in enumerate(rows):
        if not isinstance(row, dict):
            raise ManifestWrong(f"{NAME}: {name}.{index} is not an object.")
        yield f"{name}.{index}", row


def _entries(value: dict[str, Any], name: str) -> Iterator[Entry]:
    seen: set[UUID] = set()
    for place, row in _rows(value, name):
        request, file = row.get("request"), row.get("file", "")
        id_ = _uuid(row.get("id"), f"{place}.id")
        if not isinstance(request, dict) or not isinstance(file, str):
            raise ManifestWrong(f"{NAME}: {place} holds no request.")
        if id_ in seen:
            raise ManifestWrong(f"{NAME}: {place} has an id that stood there before.")
        seen.add(id_)
        answers = row.get("answers")
        yield Entry(
            id=id_,
            collector=str(row.get("collector", "")),
            campaign=str(row.get("campaign", "")),
            request=request,
            file=file,
            answers=answers if isinstance(answers, dict) else None,
        )


def _withdrawals(value: dict[str, Any]) -> Iterator[Withdrawal]:
    for place, row in _rows(value, "withdrawals"):
        speaker, clip = row.get("speaker"), row.get("clip")
        if (speaker is None) == (clip is None):
            raise ManifestWrong(f"{NAME}: {place} must name a speaker or a clip.")
        yield Withdrawal(
            collector=str(row.get("collector", "")),
            campaign=str(row.get("campaign", "")),
            speaker=None if speaker is None else _uuid(speaker, place),
            clip=None if clip is None else _uuid(clip, place),
            reason=str(row.get("reason", ""))[:500],
        )


def _uuid(text: Any, place: str) -> UUID:
    try:
        return UUID(text)
    except (TypeError, ValueError, AttributeError) as error:
        raise ManifestWrong(f"{NAME}: {place} is not an id.") from error
