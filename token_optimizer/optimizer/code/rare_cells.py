"""The rows of a table that stand out: in a column of few values they have one that hardly any other row has.

What a question wants of them it seldom says in their words: "Is every server healthy?", "Who did not pay?"

Before: 70 rows with the state "healthy", one with "degraded"
After:  the row with "degraded"
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from token_optimizer.text.tables import separator_of

_MIN_ROWS = 20
_ROWS_SHARE = 0.9
# A rare value stands in no larger share of the rows, and all rare ones of a column in no larger one.
_RARE_SHARE = 0.02
_RARE_TOGETHER = 0.05
# All that stand out are few.
_MOST_SHARE = 0.1
_QUOTED = re.compile(r'"(?:[^"\n]|"")*+"')


def rare_rows(lines: Sequence[str]) -> frozenset[int]:
    """The numbers of the lines that stand out among the rows of a table; none where the lines are no table,
    or where many do."""
    if len(lines) < _MIN_ROWS:
        return frozenset()
    mark = separator_of(lines, _ROWS_SHARE)
    if mark is None:
        return frozenset()
    rows = [_cells(line, mark) for line in lines]
    width, _ = Counter(map(len, rows)).most_common(1)[0]
    numbers = [number for number, row in enumerate(rows) if len(row) == width and number > 0]
    found: set[int] = set()
    for column in range(width):
        found.update(numbers[row] for row in _rare([rows[number][column] for number in numbers]))
    return frozenset(found) if len(found) <= _MOST_SHARE * len(rows) else frozenset()


def _cells(line: str, mark: str) -> list[str]:
    """The cells of a row; a mark within quotes parts none."""
    whole = _QUOTED.sub(lambda quoted: quoted.group().replace(mark, " "), line)
    return [cell.strip() for cell in whole.split(mark)]


def _rare(values: Sequence[str]) -> Iterator[int]:
    """The places of the rare values, where nearly all others are frequent."""
    counts = Counter(values)
    most = max(1.0, _RARE_SHARE * len(values))
    together = sum(count for count in counts.values() if count <= most)
    if 0 < together <= max(1.0, _RARE_TOGETHER * len(values)):
        yield from (place for place, value in enumerate(values) if counts[value] <= most)
