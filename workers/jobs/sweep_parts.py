"""Drop the parts that nobody will join any more."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby, islice
from uuid import UUID

from django.conf import settings

from backend import storage
from backend.clips.models import Clip
from backend.clips.state import State
from backend.speakers.models import Consent
from workers.registry import JobRun, job

_FOLDERS_AT_ONCE = 500
# A phone that came back late may still be sending: its parts are left for a day beyond the links.
_AFTER_LAST_LINK = timedelta(days=1)
# Files in transit that are no parts: they have a job of their own, which drops them.
_IMPORTS = "parts/imports/"


@job("sweep_parts")
def sweep_parts(run: JobRun) -> None:
    """Delete parts of what came home otherwise, was given up, was withdrawn or never existed.

    A whole file that did arrive while its parts were on the way, or a process that died between
    the receipt and the deletion, leaves them behind.
    """
    keys = (key for key in storage.list_keys("parts/") if not key.startswith(_IMPORTS))
    folders: Iterator[tuple[str, list[str]]] = (
        (folder, list(found))
        for folder, found in groupby(keys, key=lambda key: key[: key.rindex("/") + 1])
    )
    dropped = 0
    while batch := dict(islice(folders, _FOLDERS_AT_ONCE)):
        awaited = _clips_awaited(list(batch), run.now()) | _evidence_awaited(list(batch), run.now())
        gone = [key for folder, found in batch.items() if folder not in awaited for key in found]
        storage.delete(gone)
        dropped += len(gone)
        run.progress(dropped, dropped, "parts dropped")


def _clips_awaited(folders: list[str], now: datetime) -> set[str]:
    rows = Clip.objects.filter(pk__in=_ids(folders, "parts/"))
    return {
        storage.clip_parts(pk)
        for pk, state, until in rows.in_state(State.EXPECTED, State.EXPIRED).values_list(
            "pk", "state", "upload_until"
        )
        if state == State.EXPECTED or now < until + _AFTER_LAST_LINK
    }


def _evidence_awaited(folders: list[str], now: datetime) -> set[str]:
    # Nothing expires a consent, so its parts are given up when nobody asked for links for as long.
    given_up = now - timedelta(seconds=settings.UPLOAD_WINDOW_SECONDS)
    rows = Consent.objects.filter(
        pk__in=_ids(folders, "parts/consents/"),
        evidence_stored_at=None,
        evidence_until__gt=given_up,
        withdrawn_at=None,
        speaker__withdrawn_at=None,
    )
    return {storage.consent_parts(pk) for pk in rows.values_list("pk", flat=True)}


def _ids(folders: list[str], above: str) -> list[UUID]:
    ids = (_uuid(folder.removeprefix(above).removesuffix("/")) for folder in folders)
    return [pk for pk in ids if pk is not None]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
