"""Where a file of a release is written: a temporary file, counted and hashed on the way."""

import hashlib
import tempfile
from types import TracebackType
from typing import IO


class HashingSink:
    """A write-only stream for a Parquet writer; `sha256` and `bytes` are known at the end."""

    def __init__(self) -> None:
        # Never listed in a directory: a killed worker leaves nothing of a voice behind.
        self.file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__
        self.bytes = 0
        self.closed = False
        self._digest = hashlib.sha256()

    def __enter__(self) -> "HashingSink":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.file.close()

    def write(self, data: bytes) -> int:
        """Take bytes in."""
        view = memoryview(data)
        self._digest.update(view)
        self.bytes += view.nbytes
        self.file.write(view)
        return view.nbytes

    def tell(self) -> int:
        """Return how many bytes were written."""
        return self.bytes

    def flush(self) -> None:
        """Flush the file."""
        self.file.flush()

    def close(self) -> None:
        """End writing; the bytes can still be read."""
        self.closed = True

    def readable(self) -> bool:
        """Say that a writer cannot read it."""
        return False

    def writable(self) -> bool:
        """Say that it takes bytes."""
        return not self.closed

    def seekable(self) -> bool:
        """Say that it only goes forward."""
        return False

    @property
    def sha256(self) -> str:
        """Return the SHA-256 in hex of what was written."""
        return self._digest.hexdigest()

    def written(self) -> IO[bytes]:
        """Return the file, at its beginning, to be read."""
        self.file.flush()
        self.file.seek(0)
        return self.file
