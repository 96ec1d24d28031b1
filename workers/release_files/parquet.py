"""Write data files as Hugging Face Parquet with the sound inside; equal rows give equal bytes."""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from backend.releases.rows import COLUMNS, SAMPLE_RATE, Row
from workers.release_files.sink import HashingSink

# Small groups let a reader stream with little memory; the Hub's viewer refuses large ones.
GROUP_ROWS: Final = 64
GROUP_BYTES: Final = 32 * 1024 * 1024

# What decides on the bytes besides the rows; `layout` counts our own changes.
WRITERS: Final = {"layout": "1", "pyarrow": pa.__version__}

_TYPES: Final = {"string": pa.string(), "int32": pa.int32(), "float64": pa.float64()}
_AUDIO: Final = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
_FEATURES: Final[dict[str, Any]] = {"audio": {"sampling_rate": SAMPLE_RATE, "_type": "Audio"}} | {
    column.name: {"dtype": column.dtype, "_type": "Value"} for column in COLUMNS
}
SCHEMA: Final = pa.schema(
    [("audio", _AUDIO), *((column.name, _TYPES[column.dtype]) for column in COLUMNS)],
    metadata={"huggingface": json.dumps({"info": {"features": _FEATURES}})},
)
_LEAVES: Final = ("audio.path", *(column.name for column in COLUMNS))


def row_groups(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """Yield the rows in groups of at most GROUP_ROWS rows and GROUP_BYTES of sound."""
    start, size = 0, 0
    for end, row in enumerate(rows):
        full = end - start == GROUP_ROWS or size + row.audio_bytes > GROUP_BYTES
        if full and end > start:
            yield rows[start:end]
            start, size = end, 0
        size += row.audio_bytes
    if start < len(rows):
        yield rows[start:]


def write_shard(
    sink: HashingSink, rows: Sequence[Row], read_audio: Callable[[Sequence[Row]], list[bytes]]
) -> None:
    """Write one file: a row group after the other, so that memory holds one group.

    `read_audio` returns the FLAC bytes of a group's rows, in order. Sound is stored plain, since
    FLAC does not shrink, and without statistics, which would hold whole clips.
    """
    with pq.ParquetWriter(
        pa.PythonFile(sink, mode="w"),
        SCHEMA,
        version="2.6",
        compression={"audio.bytes": "none"} | dict.fromkeys(_LEAVES, "zstd"),
        use_dictionary=[column.name for column in COLUMNS if column.few],
        write_statistics=list(_LEAVES),
        write_page_index=True,
        data_page_size=1024 * 1024,
    ) as writer:
        for group in row_groups(rows):
            writer.write_batch(_batch(group, read_audio(group)), row_group_size=len(group))


def _batch(rows: Sequence[Row], sounds: list[bytes]) -> pa.RecordBatch:
    audio = pa.StructArray.from_arrays(
        [
            pa.array(sounds, pa.binary()),
            pa.array([f"{row.clip_id}.flac" for row in rows], pa.string()),
        ],
        fields=list(_AUDIO),
    )
    columns = [
        pa.array([getattr(row, column.name) for row in rows], _TYPES[column.dtype])
        for column in COLUMNS
    ]
    return pa.RecordBatch.from_arrays([audio, *columns], schema=SCHEMA)
