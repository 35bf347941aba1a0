"""Says the keys of grouped rows once: of a list of lists of like objects, where TOON has no table.

`$columns` has the keys in order, those of an object within as `outer.inner`; an entry that is an object has
the value that all rows share. `$rows` has the rows of each group without those values. Where rows stand in
several groups, `$rows` has each once, and `$groups` the groups, each row by the value that no other row has
in the column that is named. A text with one of these keys of its own stays as it is.

Before: [[{"no":"A1","on":"5 May"},{"no":"B2","on":"5 May"}],[{"no":"B2","on":"5 May"}]]
After:  {"$columns":["no",{"on":"5 May"}],"$rows":[[["A1"],["B2"]],[["B2"]]]}, or
        {"$columns":[…],"$rows":[["A1"],["B2"]],"$groups":{"no":[["A1","B2"],["B2"]]}}
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from token_optimizer.optimizer.json.literals import Value, literal_decoder, unique_members
from token_optimizer.optimizer.json.written import compact

KEYS = COLUMNS, ROWS, GROUPS = "$columns", "$rows", "$groups"
_BETWEEN = "."
_MIN_ROWS = 2
_Row = dict[str, Value]


def with_grouped_rows(text: str) -> list[str]:
    """The forms of the JSON text with the keys said once; none where it is no list of lists of objects that
    are alike."""
    try:
        groups = _LITERAL.decode(text)
        return list(_forms([list(map(_flat, group)) for group in groups])) if _are_groups(groups) else []
    except (ValueError, RecursionError):
        return []


def expand_grouped_rows(text: str) -> str:
    """The JSON text from which `with_grouped_rows` made this one, without its whitespace."""
    table = _LITERAL.decode(text)
    columns = table[COLUMNS]
    if GROUPS not in table:
        return compact([[_expanded(_named(columns, row)) for row in group] for group in table[ROWS]])
    ((name, groups),) = table[GROUPS].items()
    rows = {row[name]: row for row in (_named(columns, cells) for cells in table[ROWS])}
    return compact([[_expanded(rows[value]) for value in group] for group in groups])


_LITERAL = literal_decoder(unique_members)


def _forms(groups: Sequence[Sequence[_Row]]) -> Iterator[str]:
    rows = list(chain.from_iterable(groups))
    if len(rows) < _MIN_ROWS or any(list(row) != list(rows[0]) for row in rows):
        return
    shared = {name: held for name, held in rows[0].items() if len({compact(row[name]) for row in rows}) == 1}
    columns = [{name: shared[name]} if name in shared else name for name in rows[0]]
    yield compact({COLUMNS: columns, ROWS: [[_cells(row, shared) for row in group] for group in groups]})
    distinct = list({compact(row): row for row in rows}.values())
    name = _identifying(distinct, shared)
    if len(distinct) < len(rows) and name is not None:
        once = [_cells(row, shared) for row in distinct]
        by_name = {name: [[row[name] for row in group] for group in groups]}
        yield compact({COLUMNS: columns, ROWS: once, GROUPS: by_name})


def _are_groups(value: Value) -> bool:
    return isinstance(value, list) and all(
        isinstance(group, list) and all(isinstance(item, dict) for item in group) for group in value
    )


def _flat(row: dict[str, Value], outer: str = "") -> _Row:
    """The leaves of a row by their names; ValueError where a name would not give its place back."""
    found: _Row = {}
    for key, held in row.items():
        if _BETWEEN in key or not key or key in KEYS or held == {}:
            raise ValueError(f"the key {key} is no name of a column")
        if isinstance(held, dict):
            found.update(_flat(held, outer + key + _BETWEEN))
        else:
            found[outer + key] = held
    return found


def _cells(row: _Row, shared: _Row) -> list[Value]:
    return [held for name, held in row.items() if name not in shared]


def _identifying(distinct: Sequence[_Row], shared: _Row) -> str | None:
    """The first column of texts that are another one in each of the rows."""
    for name in distinct[0]:
        values = [row[name] for row in distinct]
        are_texts = name not in shared and all(isinstance(held, str) for held in values)
        if are_texts and len(set(values)) == len(values):
            return name
    return None


def _named(columns: Sequence[Any], cells: Sequence[Value]) -> _Row:
    """The row of these cells, with what all rows share."""
    left = iter(cells)
    found: _Row = {}
    for column in columns:
        found.update(column if isinstance(column, dict) else {column: next(left)})
    return found


def _expanded(row: _Row) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for name, held in row.items():
        *outer, key = name.split(_BETWEEN)
        within = found
        for step in outer:
            within = within.setdefault(step, {})
        within[key] = held
    return found
