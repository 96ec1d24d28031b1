"""Fill a model's table by COPY: columns as sequences or as one value, defaults for the rest.

PostgreSQL alone. Rows must be sound by themselves: triggers, and so foreign keys, are not asked.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice, repeat
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import AutoField, Field, Model
from django.db.models.fields import NOT_PROVIDED

_ROWS_AT_ONCE = 20_000


def copy_rows(kind: type[Model], count: int, columns: Mapping[str, Any]) -> None:
    """Add `count` rows; `columns`: by attribute name a sequence of `count` texts, or one value.

    Sequences hold texts as COPY reads them (see `text_of`). A column that is not given has its
    default; numbers that the database draws are left to it. Raises ValueError for a column that
    has neither.
    """
    fields = [field for field in kind._meta.concrete_fields if not isinstance(field, AutoField)]
    unknown = set(columns) - {field.attname for field in fields}
    if unknown:
        raise ValueError(f"{kind.__name__} has no {sorted(unknown)}")
    rows = zip(*(_texts(field, columns, count) for field in fields), strict=False)
    names = ", ".join(f'"{field.column}"' for field in fields)
    command = f"COPY {kind._meta.db_table} ({names}) FROM STDIN"
    with connection.cursor() as cursor, cursor.cursor.copy(command) as copy:
        while block := list(islice(rows, _ROWS_AT_ONCE)):
            copy.write("\n".join(map("\t".join, block)) + "\n")


def _texts(field: "Field[Any, Any]", columns: Mapping[str, Any], count: int) -> Iterator[str]:
    value = columns.get(field.attname, NOT_PROVIDED)
    if isinstance(value, Sequence) and not isinstance(value, str):
        if len(value) != count:
            raise ValueError(f"{len(value)} values of {field.attname} for {count} rows")
        return iter(value)
    if value is NOT_PROVIDED:
        if not field.has_default() and not field.null and not field.empty_strings_allowed:
            raise ValueError(f"{field.attname} has neither a value nor a default")
        value = field.get_default()
    if isinstance(value, dict | list):
        value = json.dumps(value)
    return repeat(text_of(value), count)


def text_of(value: Any) -> str:
    """Return one value as COPY's text format has it."""
    if value is None:
        return r"\N"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, str | int | float | UUID):
        text = str(value)
        return text.replace("\\", r"\\").replace("\t", r"\t").replace("\n", r"\n")
    raise ValueError(f"no text for {type(value).__name__}")


@contextmanager
def in_bulk(*kinds: type[Model]) -> Iterator[None]:
    """Drop the indexes of these tables that hold no constraint, and make them again at the end."""
    tables = [kind._meta.db_table for kind in kinds]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.indexname, i.indexdef FROM pg_indexes i"
            " WHERE i.schemaname = current_schema() AND i.tablename = ANY(%s)"
            " AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conname = i.indexname)",
            [tables],
        )
        indexes = cursor.fetchall()
        cursor.execute("SET session_replication_role = replica")
        for name, _ in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        yield
        cursor.execute("SET maintenance_work_mem = '256MB'")
        for _, definition in indexes:
            cursor.execute(definition)
        cursor.execute("SET session_replication_role = DEFAULT")
        for table in tables:
            cursor.execute(f"VACUUM ANALYZE {table}")
