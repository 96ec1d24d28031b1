"""Fill the tables with clips that nobody recorded, in bulk, as the database likes it best.

Nothing stands behind them (no session, no speaker), so foreign keys are not asked; a search reads
fingerprints, their keys and the states of their clips.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import numpy as np
import uuid_utils.compat as uuid
from django.db import connection, transaction
from django.utils import timezone

from backend.clips.models import Clip
from backend.clips.state import State
from backend.quality.duplicates import of_campaign
from backend.quality.models import FingerprintKey
from benchmarks.ground.key_model import Keys

# 4 s of words, which are compared with every candidate.
_WORDS = 250
_KEYS = FingerprintKey._meta.db_table
_BLOCK = 100_000
_ROW = np.dtype(
    [("fields", ">i2"), ("a", ">i4"), ("key", ">i8"), ("b", ">i4"), ("fingerprint", ">i8")]
)


def make_clip(campaign_id: UUID) -> Clip:
    """Insert and return a clip of the campaign that stands in `passed`."""
    now = timezone.now()
    return Clip.objects.create(
        id=uuid.uuid7(),
        session_id=uuid.uuid7(),
        campaign_id=campaign_id,
        speaker_id=uuid.uuid7(),
        collector_id=uuid.uuid7(),
        prompt_id=uuid.uuid7(),
        prompt_revision=1,
        state=State.PASSED,
        seq=1,
        take=1,
        sha256="0" * 64,
        bytes=1,
        content_type="audio/webm",
        duration_ms=4000,
        recorded_at=now,
        request_digest="",
        cell="",
        counted_ms=4000,
        created_at=now,
        expires_at=now + timedelta(days=1),
        upload_until=now,
    )


def fill(*, like: Clip, first: int, count: int, clips: Callable[[int], Keys]) -> None:
    """Add fingerprints numbered from `first` on; `clips(n)` gives the keys (n, 24) of n clips."""
    with _without_index_of_fingerprints():
        _copies(like, first, count)
        _fingerprints(like, first, count)
        blocks = []
        for at in range(first, first + count, _BLOCK):
            here = min(_BLOCK, first + count - at)
            keys = clips(here)
            number = np.repeat(np.arange(at, at + here), keys.shape[1])
            campaign = of_campaign(like.campaign_id, [0])[0]
            blocks.append(np.stack([keys.ravel() | campaign, number], axis=1))
        rows = np.concatenate(blocks)
        # In the order of the index, which then grows at its end; and no key twice for a clip.
        rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
        fresh = np.ones(len(rows), bool)
        fresh[1:] = (rows[1:] != rows[:-1]).any(axis=1)
        _put_keys(rows[fresh])
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("ANALYZE")
            return
        cursor.execute("VACUUM ANALYZE")
        # PostgreSQL does not count numbers that it did not give out itself.
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence('quality_fingerprint', 'id'), max(id))"
            " FROM quality_fingerprint"
        )


def ask_no_foreign_keys() -> None:
    """Let rows stand alone, for as long as this connection lasts."""
    on_postgres = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        cursor.execute(
            "SET session_replication_role = replica" if on_postgres else "PRAGMA foreign_keys=OFF"
        )


@contextmanager
def _without_index_of_fingerprints() -> Iterator[None]:
    index = _index_of_fingerprints()
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX {index}")
        yield
        cursor.execute(f"CREATE INDEX {index} ON {_KEYS} (fingerprint_id)")


def _index_of_fingerprints() -> str:
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, _KEYS)
    return next(
        name
        for name, facts in found.items()
        if facts["columns"] == ["fingerprint_id"] and facts["index"] and not facts["foreign_key"]
    )


def _numbers(first: int, count: int) -> str:
    if connection.vendor == "postgresql":
        return f"generate_series({first}, {first + count - 1}) AS n(n)"
    last = first + count - 1
    return (
        f"(WITH RECURSIVE n(n) AS (VALUES ({first}) UNION ALL SELECT n + 1 FROM n WHERE n < {last})"  # noqa: S608 - two numbers
        " SELECT n FROM n) AS n"
    )


def _id() -> str:
    if connection.vendor == "postgresql":
        return "lpad(to_hex(n), 32, '0')::uuid"
    return "printf('%032x', n)"


def _copies(like: Clip, first: int, count: int) -> None:
    columns = [field.column for field in Clip._meta.concrete_fields if field.column != "id"]
    quoted = ", ".join(f'"{column}"' for column in columns)
    like_id = str(like.pk) if connection.vendor == "postgresql" else like.pk.hex
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO clips_clip ("id", {quoted}) SELECT {_id()}, {quoted}'  # noqa: S608 - names of columns
            f" FROM clips_clip, {_numbers(first, count)} WHERE clips_clip.id = %s",
            [like_id],
        )


def _fingerprints(like: Clip, first: int, count: int) -> None:
    digest, words, campaign = (
        (
            "md5(n::text) || md5(n::text)",
            f"decode(repeat(md5(n::text), {_WORDS // 4}), 'hex')",
            "%s",
        )
        if connection.vendor == "postgresql"
        else ("printf('%064x', n)", f"randomblob({4 * _WORDS})", "%s")
    )
    campaign_id = (
        str(like.campaign_id) if connection.vendor == "postgresql" else like.campaign_id.hex
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO quality_fingerprint"  # noqa: S608 - expressions written above
            " (id, clip_id, campaign_id, sha256, pcm_sha256, words, at)"
            f" SELECT n, {_id()}, {campaign}, {digest}, {digest}, {words}, CURRENT_TIMESTAMP"
            f" FROM {_numbers(first, count)}",
            [campaign_id],
        )


def _put_keys(rows: Keys) -> None:
    if connection.vendor != "postgresql":
        # One transaction: each would be written through to the disk by itself.
        with transaction.atomic(), connection.cursor() as cursor:
            for at in range(0, len(rows), _BLOCK):
                cursor.connection.executemany(
                    f"INSERT INTO {_KEYS} (key, fingerprint_id) VALUES (?, ?)",  # noqa: S608 - the table's name
                    rows[at : at + _BLOCK].tolist(),
                )
        return
    command = f"COPY {_KEYS} (key, fingerprint_id) FROM STDIN BINARY"
    with connection.cursor() as cursor, cursor.cursor.copy(command) as copy:
        copy.write(b"PGCOPY\n\xff\r\n\0" + bytes(8))
        for at in range(0, len(rows), _BLOCK):
            part = rows[at : at + _BLOCK]
            packed = np.empty(len(part), _ROW)
            packed["fields"], packed["a"], packed["b"] = 2, 8, 8
            packed["key"], packed["fingerprint"] = part[:, 0], part[:, 1]
            copy.write(packed.tobytes())
        copy.write(b"\xff\xff")
