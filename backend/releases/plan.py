"""Pure: which rows go into which file, in which order, before anything is written."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from backend.coverage.reserve import place_of
from backend.digest import canonical
from backend.releases.rows import Row, Shard
from backend.releases.split import SPLITS

# Peers' downloads break above 1 GB, and small files cost a request each.
SHARD_BYTES: Final = 256 * 1024 * 1024


def plan_shards(rows: Iterable[Row], *, salt: bytes, shard_bytes: int = SHARD_BYTES) -> list[Shard]:
    """Cut the rows into files of at most `shard_bytes` of audio, in whatever order they come.

    Speakers stand in the order of their hash, so that one speaker's clips lie in one file or two
    and a withdrawal touches few files; inside a file clips stand in the order of theirs, so that
    somebody who streams does not hear one speaker after the other. A split without rows has no
    file.
    """
    plan: list[Shard] = []
    by_split: dict[str, list[Row]] = {split: [] for split in SPLITS}
    for row in rows:
        by_split[row.split].append(row)
    for split, members in by_split.items():
        members.sort(key=lambda row: (place_of(salt, row.speaker_id), row.speaker_id, row.clip_id))
        cuts = _cut(members, shard_bytes)
        plan += [
            Shard(
                split,
                index,
                len(cuts),
                tuple(sorted(cut, key=lambda row: (place_of(salt, row.clip_id), row.clip_id))),
            )
            for index, cut in enumerate(cuts)
        ]
    return plan


def _cut(rows: Sequence[Row], shard_bytes: int) -> list[list[Row]]:
    cuts: list[list[Row]] = []
    size = 0
    for row in rows:
        if not cuts or size + row.audio_bytes > shard_bytes:
            cuts.append([])
            size = 0
        cuts[-1].append(row)
        size += row.audio_bytes
    return cuts


def shard_digest(shard: Shard, writers: Mapping[str, str]) -> str:
    """Return the SHA-256 of all that a file is made from; an equal one means equal bytes."""
    digest = hashlib.sha256(canonical({"path": shard.path, "writers": dict(writers)}))
    for row in shard.rows:
        digest.update(canonical(row.as_dict()))
    return digest.hexdigest()
