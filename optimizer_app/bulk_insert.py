"""Rows inserted by one statement with one value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from django.db import connections, models, router

_ROWS_A_STATEMENT = 500


def insert_missing(rows: Sequence[models.Model]) -> None:
    """Insert rows of one model. Those that are there already, by its key or a unique column, stay.

    They go as one JSON text, which PostgreSQL takes apart. Django gives each value a placeholder of its own:
    to find and fill those of a thousand values in Python is half of what storing traces would take. Signals
    are not sent.
    """
    for start in range(0, len(rows), _ROWS_A_STATEMENT):
        _insert(rows[start : start + _ROWS_A_STATEMENT])


def _insert(rows: Sequence[models.Model]) -> None:
    meta = rows[0]._meta
    fields = [field for field in meta.concrete_fields if not isinstance(field, models.AutoField)]
    values = msgspec.json.encode([_values(row, fields) for row in rows]).decode()
    connection = connections[router.db_for_write(type(rows[0]))]
    table = connection.ops.quote_name(meta.db_table)
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({columns}) SELECT {columns}"  # noqa: S608 - names of our own models
            f" FROM json_populate_recordset(NULL::{table}, %s) ON CONFLICT DO NOTHING",
            [values],
        )


def _values(row: models.Model, fields: Sequence[models.Field[Any, Any]]) -> dict[str, Any]:
    return {str(field.column): field.pre_save(row, True) for field in fields}
