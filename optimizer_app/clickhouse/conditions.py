"""Filters as Django has them, as conditions of ClickHouse: the lookups that readers of traces use.

Values travel beside the text of a query, never in it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from django.db.models import F, Field, Model, Q, QuerySet

from optimizer_app.clickhouse.schema import type_of
from optimizer_app.models import RequestTrace

# Of rows elsewhere, as feedback, so many are looked for at a time.
MAX_IDS = 10_000
# ClickHouse refuses a value of more than 128 KiB; a UUID takes 39 bytes.
_IDS_A_VALUE = 3_000
_COMPARED = {"exact": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
HIGHEST_ID = uuid.UUID(int=2**128 - 1)
_FAILED_STAGE = [{"status": "failed"}]
_OF_ID: Mapping[str, Callable[[int], tuple[int, int]]] = {
    "": lambda value: (value, value),
    "__exact": lambda value: (value, value),
    "__gt": lambda value: (value + 1, HIGHEST_ID.int),
    "__gte": lambda value: (value, HIGHEST_ID.int),
    "__lt": lambda value: (0, value - 1),
    "__lte": lambda value: (0, value),
}
_NARROWED = {f"{name}{lookup}": narrow for name in ("id", "pk") for lookup, narrow in _OF_ID.items()}
Bounds = tuple[uuid.UUID, uuid.UUID]


@dataclass(slots=True)
class Conditions:
    """Conditions of one query: all together as `where`, and the `values` that they name.

    Ids of rows elsewhere are looked for within `bounds`, from the end where the query begins.
    """

    bounds: Bounds
    ascending: bool = False
    values: dict[str, Any] = field(default_factory=dict)
    where: str = "true"

    def sql(self, filters: Q) -> str:
        """The filters as one condition; ValueError names a lookup that no reader used so far."""
        parts = [self._part(child) for child in filters.children]
        found = f"({f' {filters.connector} '.join(parts)})" if parts else "true"
        return f"NOT ifNull({found}, false)" if filters.negated else found

    def value(self, value: Any, kind: str) -> str:
        """The name of a value in the query."""
        name = f"v{len(self.values)}"
        self.values[name] = value
        return f"{{{name}:{kind}}}"

    def _part(self, child: Any) -> str:
        if isinstance(child, Q):
            return self.sql(child)
        if not isinstance(child, tuple):
            raise ValueError(f"no filter of traces in ClickHouse: {type(child).__name__}")
        name, _, lookup = child[0].partition("__")
        column = column_of(name)
        if lookup == "contains":
            return self._contains(column, child[1])
        if lookup == "isnull":
            return f"{column} IS {'' if child[1] else 'NOT '}NULL"
        if lookup == "in":
            return self._in(column, child[1])
        return self._compared(column, _COMPARED[lookup or "exact"], child[1])

    def _compared(self, column: str, sign: str, value: Any) -> str:
        if isinstance(value, F):
            name: str = value.name  # type: ignore[attr-defined]
            return f"{column} {sign} {column_of(name)}"
        if value is None:
            return f"{column} IS NULL"
        if isinstance(value, Model):
            value = value.pk
        if column == "id":
            return f"id {sign} UUIDStringToNum({self.value(str(value), 'String')})"
        if value in ([], {}):
            value = str(value)
        return f"{column} {sign} {self.value(value, type_of(column))}"

    def _in(self, column: str, value: Iterable[Any]) -> str:
        if isinstance(value, QuerySet):
            value = self._looked_up(column, value)
        found = [each.pk if isinstance(each, Model) else each for each in value]
        parts = [found[at : at + _IDS_A_VALUE] for at in range(0, max(1, len(found)), _IDS_A_VALUE)]
        return f"({' OR '.join(self._in_list(column, part) for part in parts)})"

    def _in_list(self, column: str, found: Sequence[Any]) -> str:
        if column == "id":
            texts = self.value(list(map(str, found)), "Array(String)")
            return f"id IN (SELECT UUIDStringToNum(arrayJoin({texts})))"
        return f"{column} IN {self.value(found, f'Array({type_of(column)})')}"

    def _looked_up(self, column: str, rows: QuerySet[Any]) -> list[Any]:
        (name,) = rows.query.values_select or ("pk",)
        ids = rows.values_list(name, flat=True)
        if column != "id":
            return list(ids)
        first, last = self.bounds
        within = ids.filter(**{f"{name}__gte": first, f"{name}__lte": last})
        return list(within.order_by(name if self.ascending else f"-{name}")[:MAX_IDS])

    def _contains(self, column: str, value: Any) -> str:
        if column == "stages" and value == _FAILED_STAGE:
            return "stage_failed"
        if column == "tags":
            return " AND ".join(
                f"tag_map[{self.value(name, 'String')}] = {self.value(text, 'String')}"
                for name, text in value.items()
            )
        raise ValueError(f"no filter of traces in ClickHouse: {column} contains {value!r}")


def column_of(name: str) -> str:
    """The column of a field of `RequestTrace`, as filters name it."""
    return "id" if name == "pk" else str(cast("Field[Any, Any]", RequestTrace._meta.get_field(name)).column)


def id_bounds(filters: Q) -> Bounds:
    """The lowest and the highest id that the filters can let through: what all of them say of it."""
    low, high = 0, HIGHEST_ID.int
    for child in filters.children if filters.connector == Q.AND and not filters.negated else ():
        if isinstance(child, Q):
            inner = id_bounds(child)
            low, high = max(low, inner[0].int), min(high, inner[1].int)
        elif isinstance(child, tuple) and (narrow := _NARROWED.get(child[0])):
            first, last = narrow(uuid.UUID(str(child[1])).int)
            low, high = max(low, first), min(high, last)
    return uuid.UUID(int=min(low, HIGHEST_ID.int)), uuid.UUID(int=max(high, 0))
