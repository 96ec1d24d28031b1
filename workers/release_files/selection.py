"""The frozen selection as a Parquet file: all that a build reads of the clips."""

import io
import typing
from collections.abc import Sequence
from dataclasses import fields
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from backend.releases.rows import Row
from workers.release_files.sink import HashingSink

PATH: Final = "selection.parquet"
_TYPES: Final[dict[object, pa.DataType]] = {
    str: pa.string(),
    str | None: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    float | None: pa.float64(),
}
_HINTS: Final = typing.get_type_hints(Row)
SCHEMA: Final = pa.schema([(field.name, _TYPES[_HINTS[field.name]]) for field in fields(Row)])
_AT_ONCE: Final = 10_000


def write_selection(sink: HashingSink, rows: Sequence[Row]) -> None:
    """Write the rows in the order of their clip ids: one set of rows, one file."""
    ordered = sorted(rows, key=lambda row: row.clip_id)
    with pq.ParquetWriter(
        pa.PythonFile(sink, mode="w"), SCHEMA, version="2.6", compression="zstd"
    ) as writer:
        for start in range(0, len(ordered), _AT_ONCE):
            part = ordered[start : start + _AT_ONCE]
            columns = [
                pa.array([getattr(row, field.name) for row in part], field.type) for field in SCHEMA
            ]
            writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=SCHEMA))


def read_selection(content: bytes) -> list[Row]:
    """Return the rows of a selection's file, in its order."""
    table = pq.ParquetFile(io.BytesIO(content))
    return [Row(**values) for batch in table.iter_batches() for values in batch.to_pylist()]
