"""What the rows and members of a JSON text are worth.

Worth the most: what the question names (values, keys, dotted paths, "first", "highest"), by how rare it is.
Then rows that are outlying or of a rare kind, the first and the last; of the members of larger objects those
that stand near the top; the least are links, opaque ids, empty values and what stands elsewhere too.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

from token_optimizer.models import Passage
from token_optimizer.optimizer.json.asked import Asked, asked_of, term_values
from token_optimizer.optimizer.json.columns import Column, Table, tables_of
from token_optimizer.optimizer.json.tree import JsonPassage, Node, read_tree
from token_optimizer.optimizer.relevance.asked.conditions import ColumnOfTexts, matching_rows
from token_optimizer.optimizer.relevance.trouble import is_error_line

# Worth, in the units of Passage.value.
_ASKED_TERM = 2.0
_ASKED_PATH = 4.0
# What is asked for stays however long it is: so much for each of its characters.
_ASKED_CHAR = 0.01
_NEAR_BEST, _MIN_BEST, _MAX_BEST = 0.8, 0.8, 3
_ASKED_KEY = 1.5
_ASKED_ABOVE = 0.5
_ASKED_EXTREME = 4.0
_ASKED_PLACE = 2.0
_ASKED_EXCEPTION = 2.0
_AS_WANTED = 4.0
_TROUBLED, _TROUBLED_SHARE = 2.0, 0.1
_SAME_OBJECT = 0.4
_FIRST_OR_LAST = 0.6
_OUTLYING = 0.4
_RARE_KIND = 0.5
_PLAIN, _DULL, _ROW = 0.3, 0.03, 0.1
_NEW = 0.2
# A passage that may not stay at all.
_NEVER = -math.inf

# A value that stands so many times less often than its column's values on average is rare.
_RARE_SHARE = 0.25
# Of what most rows have, a question asks for those that do not.
_MOST_ROWS = 0.5
_LONG_CHARS = 500
_LINK = re.compile(r"(?:https?|wss?|git|ssh)(?:://|@)", re.IGNORECASE)
_OPAQUE = re.compile(r"(?=\S*\d)(?=\S*[A-Za-z])[^\s.,/-]{18,}={0,2}\Z")


def json_passages(
    text: str, query: str | None = None, most_items: int | None = None, most_chars: int | None = None
) -> list[Passage]:
    """The units of the JSON text, each with what it is worth; none for a text that is no JSON.

    Of an array no more than the best `most_items` may stay, and of the text the best `most_chars`.
    """
    root = read_tree(text)
    if root is None:
        return []
    units = list(root.units())
    asked = asked_of(query or "")
    values = [_plain_value(unit) for unit in units]
    facts: list[dict[str, float]] = [{} if unit.is_row else _fact(text, unit) for unit in units]
    _add_asked(values, text, units, asked)
    _add_places(values, root, units, asked)
    for table in tables_of(root, units):
        _add_rows(values, facts, table, asked)
        for row in _rows_as_wanted(table, query or ""):
            values[table.places[row]] += _AS_WANTED
        for place in _troubled_rows(text, units, table):
            values[place] += _TROUBLED
    _cap_items(values, facts, units, most_items)
    _cap_chars(values, facts, units, most_chars)
    return [
        JsonPassage(unit.start, unit.end, value, fact, unit)
        for unit, value, fact in zip(units, values, facts, strict=True)
    ]


def has_trouble(text: str) -> bool:
    """Whether a few rows of the JSON tell of an error, and the others do not."""
    root = read_tree(text)
    units = list(root.units()) if root is not None else []
    return root is not None and any(_troubled_rows(text, units, table) for table in tables_of(root, units))


def _troubled_rows(text: str, units: Sequence[Node], table: Table) -> list[int]:
    """The places of the rows that tell of an error; none where many do."""
    rows = (units[place] for place in table.places)
    found = [
        place
        for place, row in zip(table.places, rows, strict=True)
        if is_error_line(text[row.start : row.end].replace("\\n", " ").replace("\\t", " "))
    ]
    return found if len(found) <= max(1.0, _TROUBLED_SHARE * len(table.places)) else []


def _plain_value(unit: Node) -> float:
    """What a unit is worth by what it is: rows alike, members by their depth."""
    if unit.is_column:
        return _ROW * len(unit.value)
    if unit.is_row or unit.items > 1:
        return _ROW
    depth = sum(not node.is_array for node in unit.ancestors())
    return (_DULL if _is_dull(unit) else _PLAIN) / (1 + 0.3 * depth)


def _is_dull(unit: Node) -> bool:
    """Links, opaque ids and empty values say little."""
    value = unit.value
    if not isinstance(value, str):
        return not value or value is True
    return not value or _LINK.match(value) is not None or _OPAQUE.match(value) is not None


def _fact(text: str, unit: Node) -> dict[str, float]:
    """What a member says: the same key with the same value says it again."""
    span = text[unit.start : unit.end]
    return {span: _NEW * _plain_value(unit) / _PLAIN} if len(span) <= _LONG_CHARS else {}


def _add_asked(values: list[float], text: str, units: Sequence[Node], asked: Asked) -> None:
    terms = term_values(text, units, asked)
    for index in _best_asked(terms):
        values[index] += _ASKED_CHAR * (units[index].end - units[index].start)
    best: dict[Node, float] = {}
    for unit, value in zip(units, terms, strict=True):
        if value and unit.parent is not None and not unit.parent.is_array and not asked.names(unit.key):
            best[unit.parent] = max(best.get(unit.parent, 0.0), value)
    keys = Counter(unit.key for unit in units)
    for index, unit in enumerate(units):
        size = len(unit.value) if unit.is_column else 1
        values[index] += _ASKED_TERM * terms[index] + _path_value(unit, asked, keys) * size
        # The rest of the object that a value was asked by is likely what is asked for.
        if unit.parent in best and not _is_dull(unit):
            values[index] += _SAME_OBJECT * best[unit.parent]


def _best_asked(terms: Sequence[float]) -> list[int]:
    """The few units that clearly have most of the question's terms."""
    most = max(terms, default=0.0)
    found = [index for index, value in enumerate(terms) if value > _NEAR_BEST * most] if most else []
    return found if most >= _MIN_BEST and len(found) <= _MAX_BEST else []


def _path_value(unit: Node, asked: Asked, keys: Counter[str]) -> float:
    """How well the keys that lead to a member are those of the question."""
    if unit.is_row or not unit.key:
        return 0.0
    value = _ASKED_PATH if asked.paths and _is_asked_path(unit.path().lower(), asked) else 0.0
    if asked.names(unit.key):
        value += _ASKED_KEY / keys[unit.key] ** 0.3
    if any(node.key and asked.names(node.key) for node in unit.ancestors()):
        value += _ASKED_ABOVE if not _is_dull(unit) else _DULL
    return value


def _is_asked_path(path: str, asked: Asked) -> bool:
    return any(path == wanted or path.endswith("." + wanted) for wanted in asked.paths)


def _add_places(values: list[float], root: Node, units: Sequence[Node], asked: Asked) -> None:
    """Favour the items of the longest list whose place is asked for."""
    if not asked.places:
        return
    items = max((node.children for node in (root, *root.children) if node.is_array), key=len, default=[])
    wanted = {items[place] for place in asked.places if -len(items) <= place < len(items)}
    for index, unit in enumerate(units):
        if any(node in wanted for node in (unit, *unit.ancestors())):
            values[index] += _ASKED_PLACE if unit.is_row else 0.5 * values[index]


def _add_rows(values: list[float], facts: list[dict[str, float]], table: Table, asked: Asked) -> None:
    places = table.places
    for place in (places[0], places[-1]):
        values[place] += _FIRST_OR_LAST
    named = any(asked.names(column.key) for column in table.columns if column.extremes())
    for column in table.columns:
        _add_extremes(values, places, column, asked, wanted=not named or asked.names(column.key))
        for row in column.outliers():
            values[places[row]] += _OUTLYING
        for row in _asked_exceptions(column, asked):
            values[places[row]] += _ASKED_EXCEPTION
        rare = max(1.0, _RARE_SHARE * len(places) / max(1, len(column.counts)))
        for place, text in zip(places, column.texts if column.counts else (), strict=False):
            facts[place][f"{column.key}={text}"] = _RARE_KIND if column.counts[text] <= rare else _NEW


def _rows_as_wanted(table: Table, query: str) -> list[int]:
    return matching_rows([ColumnOfTexts(column.key, column.texts) for column in table.columns], query)


def _asked_exceptions(column: Column, asked: Asked) -> list[int]:
    """The rows that do not have the value that most have, where the question names it: "not the default"."""
    usual, count = column.counts.most_common(1)[0] if asked.excepts and column.counts else ("", 0)
    if count < _MOST_ROWS * len(column.texts) or not asked.names(usual):
        return []
    return [row for row, text in enumerate(column.texts) if text != usual]


def _add_extremes(
    values: list[float], places: Sequence[int], column: Column, asked: Asked, *, wanted: bool
) -> None:
    extremes = column.extremes()
    if extremes is None:
        return
    for row, is_asked, greatest in zip(extremes, (asked.least, asked.most), (False, True), strict=True):
        if not (is_asked and wanted):
            values[places[row]] += _OUTLYING / 2
            continue
        for one in column.first(asked.extremes, greatest=greatest):
            values[places[one]] += _ASKED_EXTREME


def _cap_items(
    values: list[float], facts: list[dict[str, float]], units: Sequence[Node], most: int | None
) -> None:
    """Rule out the items of each array beyond the best so many."""
    if most is None:
        return
    arrays: dict[Node, list[int]] = {}
    for place, unit in enumerate(units):
        if unit.parent is not None and unit.parent.is_array:
            arrays.setdefault(unit.parent, []).append(place)
    for places in arrays.values():
        room = most
        for place in _best_first(places, values, facts):
            room -= units[place].items
            if room < 0:
                _rule_out(place, values, facts)


def _cap_chars(
    values: list[float], facts: list[dict[str, float]], units: Sequence[Node], most: int | None
) -> None:
    """Rule out what is beyond the best so many characters."""
    if most is None or not units or units[-1].end <= most:
        return
    room = most
    for place in _best_first(range(len(units)), values, facts):
        room -= units[place].end - units[place].start
        if room < 0:
            _rule_out(place, values, facts)


def _best_first(places: Sequence[int], values: list[float], facts: list[dict[str, float]]) -> list[int]:
    return sorted(places, key=lambda place: (-values[place] - sum(facts[place].values()), place))


def _rule_out(place: int, values: list[float], facts: list[dict[str, float]]) -> None:
    values[place] = _NEVER
    facts[place].clear()
