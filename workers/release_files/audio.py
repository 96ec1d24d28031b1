"""Fetch the sound of a release's clips from the store, several at a time, and check every byte."""

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType

from backend import storage
from backend.releases.rows import Row

_AT_ONCE = 8


class AudioMissing(Exception):
    """A clip's derivative is not in the store, or is not what the quality check had written."""

    def __init__(self, clip_id: str) -> None:
        super().__init__(f"the audio of clip {clip_id} is missing or differs")
        self.clip_id = clip_id


class AudioReader:
    """Reads groups of clips; a few requests run at once, in memory is one group."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="release-audio")

    def __enter__(self) -> "AudioReader":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def read(self, rows: Sequence[Row]) -> list[bytes]:
        """Return the FLAC bytes of the rows in order; raises AudioMissing or StorageAway."""
        return list(self._pool.map(_read_one, rows))


def _read_one(row: Row) -> bytes:
    try:
        data = storage.read(row.audio_key, max_bytes=row.audio_bytes)
    except (storage.ObjectMissing, storage.ObjectTooLarge) as error:
        raise AudioMissing(row.clip_id) from error
    if hashlib.sha256(data).hexdigest() != row.audio_sha256:
        raise AudioMissing(row.clip_id)
    return data
