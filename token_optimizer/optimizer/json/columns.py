"""What the rows of a JSON table have in their columns: ranges of numbers and dates, counts of few values."""

from __future__ import annotations

import heapq
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from token_optimizer.optimizer.json.tree import Node, Number

_DATE = re.compile(r"\d{4}-\d\d(?:-\d\d(?:[T ][\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?)?\Z")
_MAX_VALUES = 40
_MIN_ROWS = 6
_MIN_WIDTH = 3
_MAX_DEPTH = 3
_MAX_LISTED = 4
_MAX_COLUMNS = 100
_MIN_COLUMN_SHARE = 0.1
# Beyond so many times the middle half's width a value is outlying: Tukey's far fences.
_FENCE = 3.0
_MIN_FENCED = 12

Order = float | str
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One key of the rows. `orders` are numbers or dates by row, None where the row has neither; `counts` has
    the values with how often they stand, and is empty where they are many."""

    key: str
    orders: list[Order | None]
    counts: Counter[str]
    texts: list[str]

    def extremes(self) -> tuple[int, int] | None:
        """The rows of the least and of the greatest value."""
        known = self._known()
        if len(known) < 2:
            return None
        return min(known, key=self._order), max(known, key=self._order)

    def first(self, count: int, *, greatest: bool) -> list[int]:
        """The rows of so many least or greatest values."""
        pick = heapq.nlargest if greatest else heapq.nsmallest
        return pick(count, self._known(), key=self._order)

    def outliers(self) -> list[int]:
        """The rows whose number lies far outside of what most have."""
        known = sorted(order for order in self.orders if isinstance(order, float))
        if len(known) < _MIN_FENCED:
            return []
        low, high = known[len(known) // 4], known[-1 - len(known) // 4]
        reach = _FENCE * (high - low)
        return [
            index
            for index, order in enumerate(self.orders)
            if isinstance(order, float) and not low - reach <= order <= high + reach
        ]

    def _known(self) -> list[int]:
        return [index for index, order in enumerate(self.orders) if order is not None]

    def _order(self, index: int) -> Order:
        order = self.orders[index]
        return order if order is not None else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """The rows of one list, by their places among the units, and their columns."""

    places: list[int]
    columns: list[Column]


def tables_of(root: Node, units: Sequence[Node]) -> list[Table]:
    """The lists of objects among the units of the tree, the longest first; worked out once for a tree."""
    if root.tables is None:
        root.tables = list(_tables(units))
    return root.tables


def _tables(units: Sequence[Node]) -> Iterator[Table]:
    places: dict[Node, list[int]] = {}
    for place, unit in enumerate(units):
        if unit.parent is not None and isinstance(unit.value, dict | list) and unit.items == 1:
            places.setdefault(unit.parent, []).append(place)
    for parent, rows in sorted(places.items(), key=lambda item: len(item[1]), reverse=True):
        if len(rows) >= _MIN_ROWS and (of_rows := _values_by_name(parent, [units[at] for at in rows])):
            yield Table(rows, _columns_of(of_rows))


def _values_by_name(parent: Node, rows: Sequence[Node]) -> Sequence[Mapping[str, object]]:
    """What each of the rows holds, which are all objects, or all lists of one length that begin with names or
    stand beside them; none of other values."""
    if all(isinstance(row.value, dict) for row in rows):
        return [row.value for row in rows]
    width = len(rows[0].value)
    if not (parent.is_array and width >= _MIN_WIDTH) or not all(
        isinstance(row.value, list) and len(row.value) == width for row in rows
    ):
        return ()
    beside = parent.parent.children if parent.parent is not None else ()
    heads = [rows[0].value, *(node.value for node in beside)]
    names = next((head for head in heads if _are_names(head, width)), None)
    return [dict(zip(names, row.value, strict=True)) for row in rows] if names else ()


def _are_names(value: object, width: int) -> bool:
    if not isinstance(value, list) or len(value) != width:
        return False
    return len({name for name in value if isinstance(name, str) and name[:1].isalpha()}) == width


def _columns_of(rows: Sequence[Mapping[str, object]]) -> list[Column]:
    """The columns with scalars that the rows have, or objects in them; keys that few of them have make
    none."""
    flat = [dict(_scalars(row)) for row in rows]
    paths = Counter(path for row in flat for path in row)
    least = _MIN_COLUMN_SHARE * len(rows)
    often = [path for path, count in paths.items() if count >= least]
    return [_column(path[-1], [row.get(path, ()) for row in flat]) for path in often[:_MAX_COLUMNS]]


def _scalars(row: Mapping[str, object], above: Path = ()) -> Iterator[tuple[Path, object]]:
    """The values in the object, in those within it, and in those of its short lists, that are no lists
    themselves, each with the keys and places that lead to it."""
    for key, value in row.items():
        if isinstance(value, dict):
            if len(above) < _MAX_DEPTH:
                yield from _scalars(value, (*above, key))
        elif isinstance(value, list):
            for place, item in enumerate(value[:_MAX_LISTED] if len(above) < _MAX_DEPTH else ()):
                if isinstance(item, dict):
                    yield from _scalars(item, (*above, f"{key}.{place}"))
        else:
            yield (*above, key), value


def _scalar_text(value: object) -> str:
    """A scalar as JSON has it, strings without their quotes; empty for what is none."""
    if isinstance(value, str):
        return value
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else ""


def _column(key: str, values: list[object]) -> Column:
    texts = [_scalar_text(value) for value in values]
    counts = Counter(texts)
    few = len(counts) <= min(_MAX_VALUES, len(values) // 3)
    return Column(key, _orders(values), counts if few else Counter(), texts)


def _orders(values: list[object]) -> list[Order | None]:
    """Numbers where the column has some, else dates."""
    numbers: list[Order | None] = [_number(value) for value in values]
    if any(number is not None for number in numbers):
        return numbers
    return [value if isinstance(value, str) and _DATE.match(value) else None for value in values]


def _number(value: object) -> float | None:
    if not isinstance(value, Number) or not value.lstrip("-")[:1].isdigit():
        return None
    return float(value)
