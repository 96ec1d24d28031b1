"""Nobody is sorted by their voice: coverage knows only what people said of themselves."""

import ast
from collections.abc import Iterator
from pathlib import Path

from backend.coverage import (
    conditions,
    daily,
    eligibility,
    holds_api,
    leases,
    offers,
    places,
    quota,
    screening,
)
from backend.settings import BASE_DIR

# What hears, measures or models a clip; what a check found is there as well.
_EARS = ("workers", "backend.quality", "backend.clips", "annotation", "backend.releases")
_LIBRARIES = {"av", "soundfile", "soxr", "librosa", "onnxruntime", "ctranslate2", "faster_whisper"}
_WHO = ("backend/coverage", "backend/speakers")


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def test_what_decides_about_people_hears_no_voice() -> None:
    heard = [
        f"{path.relative_to(BASE_DIR)} imports {name}"
        for folder in _WHO
        for path in sorted((BASE_DIR / folder).rglob("*.py"))
        for name in imports_of(path)
        if name.startswith(_EARS) or name.split(".")[0] in _LIBRARIES
    ]
    assert heard == []


def test_what_decides_about_people_reads_no_verdict_measure_or_voice() -> None:
    words = ("verdict", "embedding", "voice", "measure", "estimated", "guess")
    decides = (
        *(conditions, daily, eligibility, holds_api, leases),
        *(offers, places, quota, screening),
    )
    for module in decides:
        assert module.__file__ is not None
        names = {
            node.id if isinstance(node, ast.Name) else node.attr
            for node in ast.walk(ast.parse(Path(module.__file__).read_text()))
            if isinstance(node, ast.Name | ast.Attribute)
        }
        assert [name for name in names if any(word in name.lower() for word in words)] == []
