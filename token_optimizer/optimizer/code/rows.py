"""The rows of a table that are needed though they may share no word with the question: those that stand out,
as in a column of few values they have one that hardly any other row has, and those that the question asks for
by their place, by what they have not, or by a bound.

"Is every server healthy?", "Who placed the last order?", "Which orders are not paid?"

Before: 70 rows with the state "healthy", one with "degraded"
After:  the row with "degraded"
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from token_optimizer.optimizer.relevance.asked.conditions import ColumnOfTexts, matching_rows
from token_optimizer.text.tables import separator_of

_MIN_ROWS, _MAX_ROWS = 10, 50_000
# Of fewer rows each stands out.
_MIN_ALIKE = 20
_ROWS_SHARE = 0.9
# A rare value stands in no larger share of the rows, and all rare ones of a column in no larger one.
_RARE_SHARE = 0.02
_RARE_TOGETHER = 0.05
# All that stand out are few.
_MOST_SHARE = 0.1
_AROUND = " \t\r\n\"'"
_PLACE = re.compile(r"(?i)\b(?:(?P<first>first|erste[nrs]?)|last|final|letzte[nrs]?)\b")
_DENIED = re.compile(
    r"(?i)(?:\b(?:not|never|without|except|nicht|kein\w{0,2}|pas|non|no)|n['’]t)\s+"
    r"(?:(?:for|yet|in|from|the|an?)\s+)?(?P<value>[^\W\d_][\w-]*)"
)
_APART = "  "
_COLUMNS_APART = re.compile(r" {2,}")
MIN_COLUMNS = 3
_DRAWN = "|│"
# Below the head of a table in Markdown, whose rows have a mark at either end, too.
_RULE = re.compile(r"[\s:+=|-]*")
_QUOTED = re.compile(r'"(?:[^"\n]|"")*+"')


def telling_rows(lines: Sequence[str], query: str) -> frozenset[int]:
    """The numbers of the lines that are needed among the rows of a table; none of what is no table."""
    # The rule below the names of the columns may be one record with them.
    rows = _cells_of([line.partition("\n")[0] for line in lines[:1]] + list(lines[1:]))
    columns = _columns(rows) if rows else []
    if not columns or not columns[0]:
        return frozenset()
    rare = _rare_rows(columns, len(lines))
    return rare | _asked_rows(columns, query) | _rows_as_wanted(rows[0], columns, query)


def _rare_rows(columns: Sequence[Mapping[int, str]], lines: int) -> frozenset[int]:
    """The rows that stand out; none of few, or where many do."""
    if lines < _MIN_ALIKE:
        return frozenset()
    found = {number for column in columns for number in _rare(column)}
    return frozenset(found) if len(found) <= _MOST_SHARE * lines else frozenset()


def _asked_rows(columns: Sequence[Mapping[int, str]], query: str) -> frozenset[int]:
    """The rows that the query asks for by their place, or by not having the value of a column that it names:
    "not paid"."""
    places = {0 if match["first"] else -1 for match in _PLACE.finditer(query)}
    denied = {match["value"].lower() for match in _DENIED.finditer(query)}
    numbers = sorted(columns[0])
    found = {numbers[place] for place in places if -len(numbers) <= place < len(numbers)}
    for column in columns if denied else ():
        named = denied.intersection(value.lower() for value in column.values())
        found.update(number for number, value in column.items() if named and value.lower() not in named)
    return frozenset(found)


def _rows_as_wanted(names: Sequence[str], columns: Sequence[Mapping[int, str]], query: str) -> frozenset[int]:
    """The rows that are as the query says: "under 120 EUR", "failed in the region eu"."""
    if len(names) != len(columns):
        return frozenset()
    texts = [ColumnOfTexts(name, list(column.values())) for name, column in zip(names, columns, strict=True)]
    numbers = list(columns[0])
    return frozenset(numbers[row] for row in matching_rows(texts, query))


def _cells_of(lines: Sequence[str]) -> Sequence[Sequence[str]]:
    """The cells of each row; nothing of what is no table."""
    if not _MIN_ROWS <= len(lines) <= _MAX_ROWS:
        return ()
    mark = separator_of(lines, _ROWS_SHARE)
    return _aligned(lines) if mark is None else [_cells(line, mark) for line in lines]


def _columns(rows: Sequence[Sequence[str]]) -> list[dict[int, str]]:
    """The cells of each column by the numbers of their lines, below the head."""
    width, _ = Counter(map(len, rows)).most_common(1)[0]
    told = {
        number: row
        for number, row in enumerate(rows)
        if len(row) == width and number > 0 and not all(map(_RULE.fullmatch, row))
    }
    return [{number: row[column] for number, row in told.items()} for column in range(width)]


def _aligned(lines: Sequence[str]) -> list[list[str]]:
    """The cells of columns that spaces keep apart, as `kubectl get` and `docker ps` print them; none of what
    has no such columns."""
    # The command that printed them may stand above.
    if sum(_APART in line.strip() for line in lines[:_MIN_ROWS]) < _MIN_ROWS - 1:
        return []
    rows = list(map(cells_apart, lines))
    width, often = Counter(map(len, rows)).most_common(1)[0]
    return rows if width >= MIN_COLUMNS and often >= _ROWS_SHARE * len(rows) else []


def cells_apart(line: str) -> list[str]:
    """The cells of a row whose columns spaces keep apart."""
    return _COLUMNS_APART.split(line.strip())


def _cells(line: str, mark: str) -> list[str]:
    """The cells of a row; a mark within quotes parts none."""
    whole = _QUOTED.sub(lambda quoted: quoted.group().replace(mark, " "), line).strip()
    if mark in _DRAWN and whole.startswith(mark) and whole.endswith(mark):
        whole = whole[1:-1]
    return [cell.strip(_AROUND) for cell in whole.split(mark)]


def _rare(column: Mapping[int, str]) -> Iterator[int]:
    """The lines with rare values, where nearly all others are frequent."""
    counts = Counter(column.values())
    most = max(1.0, _RARE_SHARE * len(column))
    together = sum(count for count in counts.values() if count <= most)
    if 0 < together <= max(1.0, _RARE_TOGETHER * len(column)):
        yield from (number for number, value in column.items() if counts[value] <= most)
