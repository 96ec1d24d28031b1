"""Drop the parts that nobody will join any more."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby, islice
from uuid import UUID

from backend import storage
from backend.clips.models import Clip
from backend.clips.state import State
from workers.registry import JobRun, job

_CLIPS_AT_ONCE = 500
# A phone that came back late may still be sending: its parts are left for a day beyond the links.
_AFTER_LAST_LINK = timedelta(days=1)


@job("sweep_parts")
def sweep_parts(run: JobRun) -> None:
    """Delete parts of clips that came home otherwise, expired, were withdrawn or never existed.

    A whole file that did arrive while its parts were on the way, or a process that died between
    the receipt and the deletion, leaves them behind.
    """
    clips = groupby(storage.list_keys("parts/"), key=lambda key: key.split("/")[1])
    folders: Iterator[tuple[str, list[str]]] = ((name, list(keys)) for name, keys in clips)
    dropped = 0
    while batch := dict(islice(folders, _CLIPS_AT_ONCE)):
        awaited = _awaited([name for name in batch if _uuid(name)], run.now())
        keys = [key for name, found in batch.items() if name not in awaited for key in found]
        storage.delete(keys)
        dropped += len(keys)
        run.progress(dropped, dropped, "parts dropped")


def _awaited(ids: list[str], now: datetime) -> set[str]:
    rows = Clip.objects.filter(pk__in=ids).in_state(State.EXPECTED, State.EXPIRED)
    return {
        str(pk)
        for pk, state, until in rows.values_list("pk", "state", "upload_until")
        if state == State.EXPECTED or now < until + _AFTER_LAST_LINK
    }


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
