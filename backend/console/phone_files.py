"""The phone client's files as a phone gets them: short, compressed, each with its hash.

There is no build step: a file that changes on disk is read again at the next request.
"""

import hashlib
import json
import re
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Final

import zopfli.gzip
from django.conf import settings

from backend.console.phone_program import SERVICE_WORKER, write_scripts

ROOT: Final = settings.BASE_DIR / "mobile_client"
_RELEASE: Final = settings.BASE_DIR / "pyproject.toml"
# What belongs to the page; its tests and tools lie beside it. No dot, so no way out of the folder.
_SERVED: Final = re.compile(
    r"style\.css|icon\.svg|manifest\.webmanifest|icons/[a-z0-9-]+\.png"
    r"|src/(?:[a-z0-9_]+/)*[a-z0-9_]+\.js|i18n/[a-z]{2,3}\.json"
)
_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
_CSS_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
_CSS_PROPERTY: Final = re.compile(r"^([\w-]+):\s+", re.MULTILINE)
_CSS_MARK: Final = re.compile(r"\s*([{};,])\s*")
_BLANKS: Final = re.compile(r"\s*\n\s*")


@dataclass(frozen=True)
class PhoneFile:
    """One file, ready to be sent."""

    path: str
    body: bytes

    @property
    def content_type(self) -> str:
        """The type by the file's name."""
        return _TYPES[PurePosixPath(self.path).suffix]

    @cached_property
    def sha256(self) -> str:
        """The hash of the uncompressed bytes, hexadecimal."""
        return hashlib.sha256(self.body).hexdigest()

    @cached_property
    def gzipped(self) -> bytes | None:
        """The bytes compressed as far as gzip goes; None for what is compressed already."""
        return None if self.path.endswith(".png") else zopfli.gzip.compress(self.body)


_read: dict[Path, tuple[tuple[int, int], PhoneFile]] = {}


def read_file(path: str) -> PhoneFile | None:
    """Return a file that phones get, None for anything else.

    A module that was linked into the program can still be had by its own address, as it was
    written: for whoever looks for a fault. No phone asks for it.
    """
    scripts = _scripts()
    if path in scripts:
        return scripts[path]
    return _read_again(path) if _SERVED.fullmatch(path) and (ROOT / path).is_file() else None


def read_page() -> PhoneFile:
    """Return index.html, which is completed before a phone gets it."""
    return _read_again("index.html")


def read_worker() -> PhoneFile:
    """Return sw.js, which is completed before a phone gets it."""
    return _scripts()[SERVICE_WORKER]


_made: dict[tuple[Path, frozenset[tuple[str, int, int]]], dict[str, PhoneFile]] = {}


def _scripts() -> dict[str, PhoneFile]:
    """Return the scripts by path, made again when any module changed."""
    found = [(path, path.stat()) for path in (*(ROOT / "src").rglob("*.js"), ROOT / SERVICE_WORKER)]
    state = frozenset((str(path), stat.st_mtime_ns, stat.st_size) for path, stat in found)
    if (ROOT, state) not in _made:
        texts = write_scripts(ROOT)
        _made.clear()
        _made[ROOT, state] = {path: PhoneFile(path, text.encode()) for path, text in texts.items()}
    return _made[ROOT, state]


def _read_again(path: str) -> PhoneFile:
    place = ROOT / path
    found = place.stat()
    stamp = (found.st_mtime_ns, found.st_size)
    kept = _read.get(place)
    if kept is None or kept[0] != stamp:
        kept = (stamp, PhoneFile(path, _strip(place)))
        _read[place] = kept
    return kept[1]


def _strip(place: Path) -> bytes:
    if place.suffix == ".json":
        words = json.loads(place.read_text())
        return json.dumps(words, ensure_ascii=False, separators=(",", ":")).encode()
    if place.suffix in {".css", ".html", ".webmanifest"}:
        text = _BLANKS.sub("\n", place.read_text()).strip()
        if place.suffix == ".html":
            # No text stands between two elements, so nothing else may either.
            text = text.replace(">\n<", "><")
        return (_strip_style(text) if place.suffix == ".css" else text).encode()
    return place.read_bytes()


def _strip_style(text: str) -> str:
    """Leave out what a style needs for people only; each line is a rule's head or a property."""
    text = _CSS_PROPERTY.sub(r"\1:", _BLANKS.sub("\n", _CSS_COMMENT.sub("", text)))
    return _CSS_MARK.sub(r"\1", text).replace(";}", "}").strip()


def list_files() -> list[PhoneFile]:
    """Return every file that phones get, by path; not the two that are written for them."""
    paths = [*ROOT.glob("*.*"), *(ROOT / "icons").glob("*"), *(ROOT / "i18n").glob("*")]
    names = {path.relative_to(ROOT).as_posix() for path in paths} | set(_scripts())
    names.discard(SERVICE_WORKER)
    return [file for name in sorted(names) if (file := read_file(name))]


def release_number() -> str:
    """Return the release's number, from the one place that has it."""
    number: str = tomllib.loads(_RELEASE.read_text())["project"]["version"]
    return number
