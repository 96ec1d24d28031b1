"""A SELECT that is built once and asked often: for the few reads that every phone's call makes.

Turning a queryset into SQL takes several times as long as the database needs to answer it by an
index. Everything else uses querysets as they are.
"""

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.db.models import Model, QuerySet


class PreparedRead:
    """One row by one value: `build` gives the `values_list` queryset for an example value.

    `example` must not occur in the query otherwise. The SQL is kept for each thread, as database
    connections are; values are converted both ways as the queryset would.
    """

    def __init__(
        self, build: Callable[[Any], QuerySet[Any, tuple[Any, ...]]], *, example: Any
    ) -> None:
        self._build = build
        self._example = example
        self._of_thread = threading.local()

    def first(self, value: Any) -> tuple[Any, ...] | None:
        """Return the first row for the value, or None."""
        if not hasattr(self._of_thread, "sql"):
            self._compile()
        here = self._of_thread
        parameters = list(here.parameters)
        parameters[here.place] = here.prepare(value)
        with connection.cursor() as cursor:
            cursor.execute(here.sql, parameters)
            row = cursor.fetchone()
        if row is None:
            return None
        return tuple(next(iter(here.compiler.results_iter(results=[[row]]))))

    def _compile(self) -> None:
        here = self._of_thread
        here.compiler = self._build(self._example).query.get_compiler(connection=connection)
        sql, here.parameters = here.compiler.as_sql()
        here.prepare = _preparation(self._example)
        here.place = here.parameters.index(here.prepare(self._example))
        here.sql = sql


def _preparation(example: Any) -> Callable[[Any], Any]:
    """Return how a value of the example's kind is given to this database."""
    if hasattr(example, "hex") and hasattr(example, "int"):
        native = connection.features.has_native_uuid_field
        return (lambda value: value) if native else (lambda value: value.hex)
    return lambda value: value


def as_row(kind: type[Model], names: tuple[str, ...], values: tuple[Any, ...]) -> Any:
    """Return a model's row that holds these columns and loads any other when it is asked for."""
    given = dict(zip(names, values, strict=True))
    # from_db takes values in the order of the model's columns, whatever the order of the names.
    ordered = [field.attname for field in kind._meta.concrete_fields if field.attname in given]
    return kind.from_db("default", ordered, [given[name] for name in ordered])
