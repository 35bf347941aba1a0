"""Traces as ClickHouse has them, found by the filters and read as the models that PostgreSQL gives."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC
from typing import Any, Self

from django.db import DEFAULT_DB_ALIAS
from django.db.models import DateTimeField, Field, JSONField, Q, prefetch_related_objects

from optimizer_app.clickhouse.client import server
from optimizer_app.clickhouse.conditions import HIGHEST_ID, Conditions, column_of, id_bounds
from optimizer_app.clickhouse.schema import FIELDS, TABLE
from optimizer_app.models import RequestTrace
from optimizer_app.models.traces.trace import LARGE_COLUMNS


@dataclass(frozen=True, slots=True)
class ClickHouseRows:
    """Traces that meet `filters`, the newest first or the oldest, at most `limit` of them."""

    filters: Q = field(default_factory=Q)
    ascending: bool = False
    limit: int | None = None
    columns: tuple[str, ...] = tuple(FIELDS)

    def filter(self, *filters: Q, **lookups: Any) -> Self:
        return replace(self, filters=self.filters & Q(*filters, **lookups))

    def exclude(self, *filters: Q, **lookups: Any) -> Self:
        return replace(self, filters=self.filters & ~Q(*filters, **lookups))

    def order_by(self, *names: str) -> Self:
        """By id: the only order that lists of traces have."""
        return replace(self, ascending=names in (("id",), ("pk",)))

    def without_details(self) -> Self:
        return replace(self, columns=tuple(name for name in FIELDS if name not in LARGE_COLUMNS))

    def first_rows(self, limit: int | None) -> Self:
        """At most so many of them."""
        limits = [given for given in (self.limit, limit) if given is not None]
        return replace(self, limit=min(limits, default=None))

    def __iter__(self) -> Iterator[RequestTrace]:
        """As models, each with its project and its key."""
        if self.is_empty:
            return iter(())
        names = [FIELDS[column].attname for column in self.columns]
        found = [RequestTrace.from_db(DEFAULT_DB_ALIAS, names, row) for row in self._read(self.columns)]
        prefetch_related_objects(found, "project", "api_key")
        return iter(found)

    def values(self, *columns: str) -> list[tuple[Any, ...]]:
        """The columns of each."""
        return self._read(columns)

    def counts(self, by: Sequence[str], *conditions: Q) -> list[tuple[Any, ...]]:
        """As `RequestTraceQuerySet` has it."""
        asked = self._asked()
        columns = list(map(column_of, by))
        counted = ["count()", *(f"countIf({asked.sql(condition)})" for condition in conditions)]
        rows = self._rows(asked, ", ".join([*columns, *counted]), f"GROUP BY {', '.join(columns)}")
        return [(*row[: len(by)], tuple(row[len(by) :])) for row in rows]

    def picked(self, columns: str, query: str, values: Mapping[str, Any]) -> list[Sequence[Any]]:
        """What a query finds in `picked`, these expressions of each of the rows."""
        asked = self._asked()
        end = "" if self.limit is None else self._in_order
        picked = f"WITH picked AS ({self._query(asked, columns, end)}) {query}"
        return server().rows(picked, {**asked.values, **values})

    def count(self) -> int:
        asked = self._asked()
        within = self._query(asked, "1", "" if self.limit is None else f"LIMIT {self.limit}")
        ((count,),) = server().rows(f"SELECT count() FROM ({within})", asked.values)  # noqa: S608
        return int(count)

    @property
    def is_empty(self) -> bool:
        """Whether the filters let no id through: then nothing is asked."""
        first, last = id_bounds(self.filters)
        return first > last or self.limit == 0

    @property
    def _in_order(self) -> str:
        order = f"ORDER BY id {'ASC' if self.ascending else 'DESC'}"
        return order if self.limit is None else f"{order} LIMIT {self.limit}"

    def _read(self, columns: Sequence[str]) -> list[tuple[Any, ...]]:
        selected = ", ".join("trace_id" if name == "id" else name for name in columns)
        readers = [_reader(FIELDS[name]) for name in columns]
        return [
            tuple(read(value) for read, value in zip(readers, row, strict=True))
            for row in self._rows(self._asked(), selected, self._in_order)
        ]

    def _rows(self, asked: Conditions, columns: str, end: str) -> list[Sequence[Any]]:
        return server().rows(self._query(asked, columns, end), asked.values)

    def _query(self, asked: Conditions, columns: str, end: str) -> str:
        return f"SELECT {columns} FROM {TABLE} WHERE {asked.where} {end}"  # noqa: S608 -- names only

    def _asked(self) -> Conditions:
        """The filters, and the days that the ids lie in, so that others are not read."""
        first, last = id_bounds(self.filters)
        conditions = Conditions((first, last), self.ascending)
        parts = [conditions.sql(self.filters)]
        for sign, bound in ((">=", first), ("<=", last)):
            if bound.int not in (0, HIGHEST_ID.int):
                moment = conditions.value(bound.int >> 80, "Int64")
                parts.append(f"made_at {sign} fromUnixTimestamp64Milli({moment}, 'UTC')")
        conditions.where = " AND ".join(parts)
        return conditions


def _reader(column: Field[Any, Any]) -> Callable[[Any], Any]:
    """What makes of a value what PostgreSQL would have given."""
    if isinstance(column, JSONField):
        return lambda text: None if text is None else json.loads(text)
    if isinstance(column, DateTimeField):
        return lambda moment: None if moment is None else moment.replace(tzinfo=UTC)
    return _same


def _same(value: Any) -> Any:
    return value
