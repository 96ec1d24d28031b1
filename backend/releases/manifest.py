"""Pure: the manifest that makes a version exist, its canonical bytes and its digest."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from backend.digest import canonical
from backend.releases.rows import Shard

FORMAT: Final = 1
PATH: Final = "MANIFEST.json"
SUMS_PATH: Final = "SHA256SUMS"


@dataclass(frozen=True)
class FileFacts:
    """A file of a release: path inside it, size in bytes, SHA-256 in hex, rows (0: no data)."""

    path: str
    bytes: int
    sha256: str
    rows: int = 0


def build_manifest(
    *,
    campaign: str,
    version: str,
    recipe: Mapping[str, Any],
    selection_sha256: str,
    files: Iterable[FileFacts],
    plan: Iterable[Shard],
    writers: Mapping[str, str],
) -> dict[str, Any]:
    """Return the manifest as JSON values.

    It names no time and no row of a database: the same selection by the same writers gives the
    same digest on any day. `rows` follow the plan: clip, split, file, row in the file, SHA-256 of
    the embedded audio.
    """
    shards = list(plan)
    rows = [
        {
            "clip_id": row.clip_id,
            "split": shard.split,
            "shard": shard.path,
            "row": number,
            "audio_sha256": row.audio_sha256,
            "transcript_version": row.transcript_version,
        }
        for shard in shards
        for number, row in enumerate(shard.rows)
    ]
    return {
        "format": FORMAT,
        "release": f"{campaign}@{version}",
        "campaign": campaign,
        "version": version,
        "recipe": dict(recipe),
        "created_from": {
            "selection_sha256": selection_sha256,
            "clips": len(rows),
            "speakers": len({row.speaker_id for shard in shards for row in shard.rows}),
            "quality_profiles": sorted(
                {row.quality_profile for shard in shards for row in shard.rows}
            ),
        },
        "writers": dict(writers),
        "files": [
            {"path": file.path, "bytes": file.bytes, "sha256": file.sha256, "rows": file.rows}
            for file in sorted(files, key=lambda file: file.path)
        ],
        "rows": rows,
    }


def manifest_bytes(manifest: Mapping[str, Any]) -> bytes:
    """Return the one byte form of a manifest: sorted names, no blanks, UTF-8, a last newline."""
    return canonical(dict(manifest)) + b"\n"


def digest_of(content: bytes) -> str:
    """Return the SHA-256 in hex."""
    return hashlib.sha256(content).hexdigest()


def sums_bytes(files: Iterable[FileFacts]) -> bytes:
    """Return SHA256SUMS as `sha256sum -c` reads it."""
    lines = (f"{file.sha256}  {file.path}\n" for file in sorted(files, key=lambda one: one.path))
    return "".join(lines).encode()
