"""Tells whether lines are the rows of a table: each with the same separators outside of quotes.

Before: "id,name,note", '7,Ada,"late, again"'
After:  rows with two commas each
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import islice

_QUOTED = re.compile(r'"(?:[^"\n]|"")*+"')
# Of two marks that all rows have, the comma may stand within values.
_SEPARATORS = "\t;|│,&"
_MIN_SEPARATORS = 2
_LEVEL = re.compile(
    r"""(?ix)["\s]*(?:trace|debug|verbose|info|information(?:en|s)?|notice|warn|warning|warnung|error|fehler
    |erreur|critical|kritisch|fatal|severe|alert|emergency|err|crit|audit\ (?:success|failure)|avertissement
    |advertencia|informaci[oó]n|informazioni|avviso|errore|предупреждение|ошибка|сведения|信息|警告|错误|情報|エラー)["\s]*"""
)
_MIN_LEVELS = 2
_MIN_ROWS, _SAMPLE_LINES, _ROWS_SHARE = 10, 200, 0.9
_LEVELS_SHARE = 0.9


def separator_of(lines: Sequence[str], share: float) -> str | None:
    """The mark that at least this share of the lines have as often as each other, and more than once, outside
    of quotes."""
    bare = [_QUOTED.sub("", line) if '"' in line else line for line in lines]
    together = "\n".join(bare)
    for mark in _SEPARATORS:
        # Most texts have too few of most marks, which is told sooner of all lines together.
        if together.count(mark) < _MIN_SEPARATORS * share * len(lines):
            continue
        (count, often), *_ = Counter([line.count(mark) for line in bare]).most_common(1)
        if count >= _MIN_SEPARATORS and often >= share * len(lines):
            return mark
    return None


def is_table(text: str) -> bool:
    """Whether nearly every line has the same two or more separators, as CSV does."""
    if text.count("\n") < _MIN_ROWS - 1:
        return False
    lines = [line for line in islice(text.split("\n"), _SAMPLE_LINES) if line.strip()]
    return len(lines) >= _MIN_ROWS and separator_of(lines, _ROWS_SHARE) is not None


def has_level_column(lines: Sequence[str], mark: str) -> bool:
    """Whether a column of the table below its head has levels of a log in nearly every row, and of several
    kinds."""
    rows = [line.split(mark) for line in lines[1:]]
    for column in range(min(map(len, rows), default=0)):
        values = [row[column] for row in rows]
        levels = [value for value in values if _LEVEL.fullmatch(value)]
        if len(levels) >= _LEVELS_SHARE * len(values) and len(set(levels)) >= _MIN_LEVELS:
            return True
    return False
