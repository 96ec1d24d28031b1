"""Open the ZIP that a phone saved: never whole in memory, and nothing in it is trusted."""

import io
import re
import struct
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import Any, Final

from backend import storage
from backend.imports.manifest import NAME
from backend.speakers.services import BytesDiffer, BytesMissing

MOST_FILES: Final = 20_000
MOST_BYTES_UNPACKED: Final = 4_000_000_000
# Sound hardly shrinks; a phone's own copy does not at all. A bomb shrinks a thousand times.
HIGHEST_RATIO: Final = 100
BIGGEST_MANIFEST: Final = 32 * 1024**2
BIGGEST_DIRECTORY: Final = 8 * 1024**2

_UUID: Final = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_NAMES: Final = re.compile(rf"fieldvoice\.json|(?:clips|consents)/{_UUID}\.[a-z0-9]{{1,5}}")
_END: Final = struct.Struct("<4s4H2LH")
_LOCATOR64: Final = 20
_READ_AHEAD: Final = 1024**2


class BadZip(Exception):
    """The file is not a ZIP as a phone writes it; the message says why."""


class StoredFile(io.RawIOBase):
    """An object of the bucket as a file: each read is a GET of that range."""

    def __init__(self, key: str, size: int) -> None:
        super().__init__()
        self.key = key
        self.size = size
        self.at = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move; before the beginning is an OSError, as for files."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.size}[whence]
        if start + offset < 0:
            raise OSError("before the beginning")
        self.at = start + offset
        return self.at

    def tell(self) -> int:
        """Return where it is."""
        return self.at

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer from here; 0 at the end."""
        view = memoryview(buffer).cast("B")
        length = min(len(view), self.size - self.at)
        if length <= 0:
            return 0
        found = storage.read_range(self.key, start=self.at, length=length)
        view[: len(found)] = found
        self.at += len(found)
        return len(found)


class ExportZip:
    """The files of a phone's copy, by name."""

    def __init__(self, file: io.BufferedIOBase, size: int) -> None:
        """Read the directory and judge it, before a byte is unpacked; raises BadZip."""
        _check_end(file, size)
        try:
            self._zip = zipfile.ZipFile(file)
        except (
            zipfile.BadZipFile,
            NotImplementedError,  # what zipfile says of a ZIP version it cannot read
            ValueError,
            OSError,
            struct.error,
        ) as error:
            raise BadZip("The file is not a ZIP, or its directory is damaged.") from error
        self._files = _judged(self._zip.infolist(), size)

    @classmethod
    def in_store(cls, key: str, size: int) -> "ExportZip":
        """Open an object of the bucket; raises BadZip, ObjectMissing, StorageAway."""
        return cls(io.BufferedReader(StoredFile(key, size), _READ_AHEAD), size)

    def manifest(self) -> bytes:
        """Return the bytes of fieldvoice.json; raises BadZip."""
        info = self._files[NAME]
        if info.file_size > BIGGEST_MANIFEST:
            raise BadZip(f"{NAME} is larger than a phone writes it.")
        try:
            return self.read(NAME, info.file_size)
        except BytesDiffer as error:
            raise BadZip(f"{NAME} is damaged.") from error

    def read(self, name: str, size: int) -> bytes:
        """Return a file that must have this size; raises BytesMissing or BytesDiffer."""
        info = self._files.get(name)
        if info is None:
            raise BytesMissing("The copy does not hold this file.")
        if info.file_size != size:
            raise BytesDiffer("The file in the copy has another size.")
        try:
            with self._zip.open(info) as file:
                # One more than it should be: only then is the end seen, and the check sum made.
                body = file.read(size + 1)
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            NotImplementedError,  # what zipfile says of a packing it cannot undo
            UnicodeDecodeError,
        ) as error:
            raise BytesDiffer("The file in the copy is damaged.") from error
        if len(body) != size:
            raise BytesDiffer("The file in the copy is damaged.")
        return body


def _check_end(file: io.BufferedIOBase, size: int) -> None:
    """Bound the directory before zipfile reads it whole into memory.

    A phone writes no comment, so the end record is the last thing in the file: there is no second
    one to be found by looking elsewhere.
    """
    if size < _END.size:
        raise BadZip("The file is not a ZIP, or its end is missing.")
    file.seek(max(0, size - _END.size - _LOCATOR64))
    tail = file.read()
    mark, disk, first_disk, here, files, length, at, comment = _END.unpack(tail[-_END.size :])
    if mark != b"PK\x05\x06" or comment:
        raise BadZip("The file is not a ZIP, or its end is missing.")
    if tail[: -_END.size].startswith(b"PK\x06\x07") or files == 0xFFFF:
        raise BadZip("The file is in the ZIP64 format, which a phone does not write.")
    if disk or first_disk or here != files:
        raise BadZip("The file is a part of a ZIP.")
    if files > MOST_FILES or length > BIGGEST_DIRECTORY:
        raise BadZip(f"The file holds more than {MOST_FILES} files.")
    if at + length > size:
        raise BadZip("The directory of the ZIP lies beyond its end.")


def _judged(infos: list[zipfile.ZipInfo], size: int) -> dict[str, zipfile.ZipInfo]:
    if len(infos) > MOST_FILES:
        raise BadZip(f"The file holds more than {MOST_FILES} files.")
    files: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        # orig_filename: zipfile cuts a name at a NUL, and turns other systems' separators.
        if not _NAMES.fullmatch(info.orig_filename) or info.filename != info.orig_filename:
            raise BadZip("The file holds something else than a phone writes.")
        if info.filename in files:
            raise BadZip(f"{PurePosixPath(info.filename).name} is in it twice.")
        if info.flag_bits & 0x2041:
            raise BadZip("The ZIP is encrypted.")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise BadZip("The ZIP is compressed in a way that is not taken.")
        if info.file_size > HIGHEST_RATIO * max(info.compress_size, 1):
            raise BadZip("The ZIP unpacks to far more than it holds.")
        files[info.filename] = info
    if sum(info.file_size for info in infos) > MOST_BYTES_UNPACKED:
        raise BadZip("The ZIP unpacks to far more than it holds.")
    if sum(info.compress_size for info in infos) > size:
        raise BadZip("The files of the ZIP lie over each other.")
    if NAME not in files:
        raise BadZip(f"The file holds no {NAME}.")
    return files
