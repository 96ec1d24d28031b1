"""Bytes that a bad link cannot carry whole: their parts are announced, signed and awaited here.

A clip and the recorded evidence of a consent go this way alike; each keeps its parts in a folder
of its own until a job has joined them (workers/jobs/join_parts.py).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from backend import storage
from backend.jobs.models import Job, JobState
from backend.jobs.services import enqueue_job
from backend.problems import Malformed

MAX_PARTS = 1000
# Why a join failed for good; the confirmation says it to the phone.
PARTS_DIFFER = "The parts do not add up to the announced bytes."


@dataclass(frozen=True)
class Whole:
    """What was announced: the bytes that are to lie under `key`, and the parts they come in."""

    key: str
    sha256: str
    bytes: int
    content_type: str
    folder: str
    parts: list[dict[str, Any]]

    def keys(self) -> list[str]:
        """Return the keys of the parts, in order."""
        return [storage.part_key(self.folder, part["n"]) for part in self.parts]


def check_parts(parts: list[dict[str, Any]], total: int, *, field: str = "parts") -> None:
    """Raise Malformed unless the parts, if there are any, are numbered and add up."""
    if not parts:
        return
    numbers = [part["n"] for part in parts]
    if numbers != list(range(1, len(parts) + 1)) or len(parts) > MAX_PARTS:
        raise Malformed(
            errors=[{"field": field, "message": f"n must run from 1, at most {MAX_PARTS}."}]
        )
    if sum(part["bytes"] for part in parts) != total:
        raise Malformed(errors=[{"field": field, "message": "The bytes do not add up."}])


def sign_whole(whole: Whole) -> dict[str, Any]:
    """Return `{method, url, headers, parts?}`: where the bytes go, whole or in parts."""
    put = storage.sign_put(
        key=whole.key,
        bytes_=whole.bytes,
        sha256=whole.sha256,
        content_type=whole.content_type,
    )
    upload: dict[str, Any] = {"method": "PUT", "url": put.url, "headers": put.headers}
    if whole.parts:
        upload["parts"] = [
            _sign_part(part, key) for part, key in zip(whole.parts, whole.keys(), strict=True)
        ]
    return upload


def _sign_part(part: dict[str, Any], key: str) -> dict[str, Any]:
    put = storage.sign_put(
        key=key,
        bytes_=part["bytes"],
        sha256=part["sha256"],
        content_type="application/octet-stream",
    )
    return {"n": part["n"], "method": "PUT", "url": put.url, "headers": put.headers}


def missing_parts(whole: Whole) -> list[int]:
    """Return the numbers of the parts that have not arrived."""
    there = set(storage.list_keys(whole.folder))
    keys = zip(whole.parts, whole.keys(), strict=True)
    return [part["n"] for part, key in keys if key not in there]


def start_joining(*, kind: str, subject: str, now: datetime) -> None:
    """Ask for parts that have all come to be joined, unless that is under way."""
    joining = Job.objects.filter(
        kind=kind, subject=subject, state__in=[JobState.QUEUED, JobState.RUNNING]
    )
    if not joining.exists():
        key = f"{kind}:{subject}:{now.timestamp()}"
        enqueue_job(kind=kind, key=key, subject=subject, now=now)


def joined_in_vain(*, kind: str, subject: str) -> bool:
    """Say whether the parts were dropped because they were not what was announced."""
    last = Job.objects.filter(kind=kind, subject=subject).order_by("-created_at").first()
    return last is not None and last.error == PARTS_DIFFER
