"""The phone client's files as a phone gets them: stripped, compressed, each with its hash.

There is no build step: a file that changes on disk is read again at the next request.
"""

import gzip
import hashlib
import re
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Final

import rjsmin
from django.conf import settings

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
# In code that was stripped; an import without `from` has no binding, `import(` is for later.
_IMPORTS: Final = re.compile(r'\b(?:from|import)\s*"(\.{1,2}/[^"]+\.js)"')
_CSS_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
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
        """The bytes compressed as far as gzip can; None for what is compressed already."""
        return None if self.path.endswith(".png") else gzip.compress(self.body, 9, mtime=0)

    @cached_property
    def imports(self) -> tuple[str, ...]:
        """The paths of the modules that must be there before this one runs, in order."""
        if not self.path.endswith(".js"):
            return ()
        folder = PurePosixPath(self.path).parent
        names = _IMPORTS.findall(self.body.decode())
        return tuple(dict.fromkeys(_resolve(folder / name) for name in names))


def _resolve(path: PurePosixPath) -> str:
    parts: list[str] = []
    for part in path.parts:
        if part == "..":
            parts = parts[:-1]
        else:
            parts.append(part)
    return "/".join(parts)


_read: dict[Path, tuple[tuple[int, int], PhoneFile]] = {}


def read_file(path: str) -> PhoneFile | None:
    """Return a file that phones get, None for anything else."""
    return _read_again(path) if _SERVED.fullmatch(path) and (ROOT / path).is_file() else None


def read_template(name: str) -> PhoneFile:
    """Return index.html or sw.js, which are completed before a phone gets them."""
    return _read_again(name)


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
    if place.suffix == ".js":
        # Files end in a comment's newline or in none; a newline keeps what follows apart.
        return f"{rjsmin.jsmin(place.read_text())}\n".encode()
    if place.suffix == ".css":
        return _BLANKS.sub("\n", _CSS_COMMENT.sub("", place.read_text())).strip().encode()
    if place.suffix in {".json", ".html", ".webmanifest"}:
        return _BLANKS.sub("\n", place.read_text()).strip().encode()
    return place.read_bytes()


def list_files() -> list[PhoneFile]:
    """Return every file that phones get, by path; not the two that are written for them."""
    paths = [*ROOT.glob("*.*"), *(ROOT / "icons").glob("*"), *(ROOT / "i18n").glob("*")]
    names = [path.relative_to(ROOT).as_posix() for path in [*paths, *(ROOT / "src").rglob("*.js")]]
    return [file for name in sorted(names) if (file := read_file(name))]


def list_imports(path: str) -> list[str]:
    """Return the module and all it needs before it runs, in the order in which they are met."""
    found, next_level = [path], [path]
    while next_level:
        level, next_level = next_level, []
        for name in level:
            file = read_file(name)
            for imported in file.imports if file else ():
                if imported not in found:
                    found.append(imported)
                    next_level.append(imported)
    return found


def release_number() -> str:
    """Return the release's number, from the one place that has it."""
    number: str = tomllib.loads(_RELEASE.read_text())["project"]["version"]
    return number
