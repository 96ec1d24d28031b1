"""Tell a file's format from its first bytes, and the format that a declared content type means."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

#: Declared content type to the name of the format; the types are those of the public contract.
CONTENT_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "audio/flac": "flac",
        "audio/wav": "wav",
        "audio/webm": "webm",
        "audio/mp4": "mp4",
        "audio/ogg": "ogg",
    }
)

# Only to tell a person what was sent instead of sound.
_OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x7fELF", "a program"),
    (b"ID3", "an MP3 file"),
)


def declared_format(content_type: str) -> str | None:
    """Return flac, wav, webm, mp4 or ogg for a content type (parameters such as codecs are
    ignored), else None.
    """
    return CONTENT_TYPES.get(content_type.split(";", 1)[0].strip().lower())


def looks_like(data: bytes) -> str:
    """Return flac, wav, webm, mp4 or ogg, or else words for what the bytes are."""
    head = data[:64]
    if head[:4] == b"fLaC":
        return "flac"
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "wav"
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return "webm"
    if head[4:8] == b"ftyp":
        return "mp4"
    if head[:4] == b"OggS":
        return "ogg"
    for magic, words in _OTHERS:
        if head.startswith(magic):
            return words
    if not data.strip(b"\0"):
        return "all zero bytes"
    if _is_markup(data[:512]):
        return "an HTML or XML page"
    return "of no known kind"


def _is_markup(start: bytes) -> bool:
    return (
        start.lstrip(b"\xef\xbb\xbf \t\r\n")
        .lower()
        .startswith((b"<!doctype", b"<html", b"<?xml", b"<head", b"<body"))
    )
