"""Plan and manifest: every clip once, equal bytes on any day, and what a reader relies on."""

import hashlib
import json
import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from backend.releases.manifest import (
    FileFacts,
    build_manifest,
    digest_of,
    manifest_bytes,
    sums_bytes,
)
from backend.releases.plan import plan_shards, shard_digest
from backend.releases.rows import Row
from tests.release_rows import many_rows, row

SALT = b"campaign"
WRITERS = {"layout": "1", "pyarrow": "26"}
MOST = 1_000_000


def manifest_of(rows: list[Row], **changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "campaign": "spring",
        "version": "1.0.0",
        "recipe": {"filters": {}},
        "selection_sha256": "0" * 64,
        "files": [FileFacts("data/b", 2, "b" * 64, 1), FileFacts("README.md", 1, "a" * 64)],
        "plan": plan_shards(rows, salt=SALT, shard_bytes=MOST),
        "writers": WRITERS,
    }
    return build_manifest(**(values | changes))


@given(many_rows())
def test_every_clip_stands_in_one_place(rows: list[Row]) -> None:
    manifest = manifest_of(rows)
    assert sorted(one["clip_id"] for one in manifest["rows"]) == [one.clip_id for one in rows]
    places = {(one["shard"], one["row"]) for one in manifest["rows"]}
    assert len(places) == len(rows)


@given(many_rows(), st.randoms(use_true_random=False))
def test_the_order_in_which_rows_come_does_not_matter(
    rows: list[Row], shuffler: random.Random
) -> None:
    shuffled = list(rows)
    shuffler.shuffle(shuffled)
    assert plan_shards(rows, salt=SALT) == plan_shards(shuffled, salt=SALT)
    assert manifest_bytes(manifest_of(rows)) == manifest_bytes(manifest_of(shuffled))


@given(many_rows())
def test_files_are_numbered_without_gaps_and_stay_within_their_size(rows: list[Row]) -> None:
    plan = plan_shards(rows, salt=SALT, shard_bytes=MOST)
    for split in {shard.split for shard in plan}:
        shards = [shard for shard in plan if shard.split == split]
        assert [shard.index for shard in shards] == list(range(len(shards)))
        assert {shard.count for shard in shards} == {len(shards)}
    for shard in plan:
        assert shard.rows
        assert len(shard.rows) == 1 or sum(one.audio_bytes for one in shard.rows) <= MOST


@given(many_rows())
def test_no_speaker_is_in_files_of_two_splits(rows: list[Row]) -> None:
    seen: dict[str, set[str]] = {}
    for shard in plan_shards(rows, salt=SALT, shard_bytes=MOST):
        for one in shard.rows:
            seen.setdefault(one.speaker_id, set()).add(shard.split)
    assert all(len(splits) == 1 for splits in seen.values())


def test_a_speaker_who_fits_in_one_file_stands_in_at_most_two() -> None:
    rows = [row(number, speaker_id=f"speaker-{number % 40}") for number in range(400)]
    plan = plan_shards(rows, salt=SALT, shard_bytes=20 * 50_000)
    for number in range(40):
        holding = [
            shard
            for shard in plan
            if any(one.speaker_id == f"speaker-{number}" for one in shard.rows)
        ]
        assert len(holding) <= 2


def test_files_are_named_as_the_hub_names_them() -> None:
    plan = plan_shards([row(1), row(2)], salt=SALT, shard_bytes=50_000)
    assert [shard.path for shard in plan] == [
        "data/train-00000-of-00002.parquet",
        "data/train-00001-of-00002.parquet",
    ]


def test_a_files_digest_follows_its_rows_and_its_writer() -> None:
    (shard,) = plan_shards([row(1)], salt=SALT)
    (other,) = plan_shards([row(1, text="otherwise")], salt=SALT)
    digests = {
        shard_digest(shard, WRITERS),
        shard_digest(other, WRITERS),
        shard_digest(shard, WRITERS | {"pyarrow": "27"}),
    }
    assert len(digests) == 3
    assert shard_digest(shard, WRITERS) in digests


def test_the_manifest_names_files_rows_recipe_and_writers() -> None:
    manifest = manifest_of([row(7)])
    assert manifest["release"] == "spring@1.0.0"
    assert manifest["created_from"] == {
        "selection_sha256": "0" * 64,
        "clips": 1,
        "speakers": 1,
        "quality_profiles": [1],
    }
    assert [file["path"] for file in manifest["files"]] == ["README.md", "data/b"]
    assert manifest["rows"] == [
        {
            "clip_id": "clip-000007",
            "split": "train",
            "shard": "data/train-00000-of-00001.parquet",
            "row": 0,
            "audio_sha256": hashlib.sha256(b"7").hexdigest(),
            "transcript_version": 1,
        }
    ]
    assert manifest["writers"] == WRITERS


def test_the_manifest_holds_no_text_of_a_clip_and_no_demographics() -> None:
    content = manifest_bytes(manifest_of([row(1, text="a secret", accent="rare")])).decode()
    assert "a secret" not in content
    assert "so shown" not in content
    assert "rare" not in content


@given(st.dictionaries(st.text(max_size=10), st.text(max_size=30), max_size=5))
def test_the_bytes_of_a_manifest_read_back_as_the_manifest(recipe: dict[str, str]) -> None:
    manifest = manifest_of([row(1)], recipe=recipe)
    content = manifest_bytes(manifest)
    assert json.loads(content) == manifest
    assert content == manifest_bytes(json.loads(content))
    assert digest_of(content) == hashlib.sha256(content).hexdigest()


def test_sums_are_lines_of_sha256sum_in_order() -> None:
    files = [FileFacts("b", 1, "b" * 64), FileFacts("a", 1, "a" * 64)]
    assert sums_bytes(files) == f"{'a' * 64}  a\n{'b' * 64}  b\n".encode()
