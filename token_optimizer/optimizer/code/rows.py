"""The rows of a table that are needed though they may share no word with the question: those that stand out,
as in a column of few values they have one that hardly any other row has, and those that the question asks for
by their place, as the least or the most of something, by what they have not, or by a bound.

"Is every server healthy?", "Who placed the last order?", "Which order is the largest?", "Which are not paid?"

Before: 70 rows with the state "healthy", one with "degraded"
After:  the row with "degraded"
"""

from __future__ import annotations

import heapq
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from token_optimizer.optimizer.code.cells import Columns, columns_of
from token_optimizer.optimizer.code.quantities import quantities
from token_optimizer.optimizer.relevance.asked.conditions import ColumnOfTexts, matching_rows
from token_optimizer.optimizer.relevance.asked.extremes import extremes_of, words_of

# Of fewer rows each stands out.
_MIN_ALIKE = 20
# A rare value stands in no larger share of the rows, and all rare ones of a column in no larger one.
_RARE_SHARE = 0.02
_RARE_TOGETHER = 0.05
# All that stand out are few.
_MOST_SHARE = 0.1
_PLACE = re.compile(r"(?i)\b(?:(?P<first>first|erste[nrs]?)|last|final|letzte[nrs]?)\b")
_DENIED = re.compile(
    r"(?i)(?:\b(?:not|never|without|except|nicht|kein\w{0,2}|pas|non|no)|n['’]t)\s+"
    r"(?:(?:for|yet|in|from|the|an?)\s+)?(?P<value>[^\W\d_][\w-]*)"
)
# What a question asks for the most of without a word of size: "spent the most", not "the most expensive".
_BARE_MOST = re.compile(
    r"(?i)\b(?:the|am) (?:most|least|meisten|wenigsten)\b(?! \w+(?:ive|ent|ar|le|ed|ous|ing|al|ful))"
)
_SUBJECT = re.compile(
    r"(?i)\b(?:which|what|whose|per|by|each|every|welche[nrms]?|je|pro|jede[nrms]?|quel(?:le)?s?|chaque|par"
    r"|qué|cada|por|quale|quali|ogni)\s+(?!(?:is|are|was|were|ist|war)\b)((?:[\w-]+\s+){0,2}[\w-]+)"
)
# A column of which more values stand once only has one row for each.
_OWN_SHARE = 0.9


def telling_rows(lines: Sequence[str], query: str, above: str = "") -> frozenset[int]:
    """The numbers of the lines that are needed among the rows of a table; none of what is no table. `above`
    stands before the first of them."""
    columns = columns_of(lines, above)
    if not columns.rows:
        return frozenset()
    asked = _asked_rows(columns, len(lines), query) | (_extreme_rows(columns, query) or frozenset())
    return asked | _rare_rows(columns, len(lines)) | _rows_as_wanted(columns, query)


def are_extremes_telling(lines: Sequence[str], above: str, query: str) -> bool:
    """Whether the rows that have the least or the most tell what the question asks, and not only all rows."""
    return _extreme_rows(columns_of(lines, above), query) is not None


def _extreme_rows(columns: Columns, query: str) -> frozenset[int] | None:
    """The rows with the least or the most of what the question names, or else of any column; None where all
    rows together tell it."""
    asked = extremes_of(query)
    if not (asked.least or asked.most):
        return frozenset()
    known = [(name, quantities(cells)) for name, cells in zip(columns.names, columns.cells, strict=True)]
    words = frozenset(words_of(query))
    named = [found for name, found in known if found and words.issuperset(words_of(name) or (name,))]
    found = named or [found for _, found in known if found]
    if not asked.words.isdisjoint(map(str.lower, columns.names)):
        return frozenset()
    if not found or _is_of_groups(columns, query):
        return None
    if not named and _BARE_MOST.search(query) and _has_groups(columns):
        return None
    rows: set[int] = set()
    for column in found:
        if asked.least:
            rows.update(heapq.nsmallest(asked.count, column, key=column.__getitem__))
        if asked.most:
            rows.update(heapq.nlargest(asked.count, column, key=column.__getitem__))
    return frozenset(columns.rows[row] for row in rows)


def _has_groups(columns: Columns) -> bool:
    """Whether several rows may tell of one thing: all but one of the columns have values of several rows, or
    numbers."""
    own = sum(len(set(cells)) >= _OWN_SHARE * len(cells) and not quantities(cells) for cells in columns.cells)
    return own < len(columns.cells) - 1


def _is_of_groups(columns: Columns, query: str) -> bool:
    """Whether the question asks which value of a column it is that several rows have: "which customer"."""
    subjects = [frozenset(words_of(match[1])) for match in _SUBJECT.finditer(query)]
    return any(
        bool(words) and words.issubset(subject) and len(set(cells)) < _OWN_SHARE * len(cells)
        for name, cells in zip(columns.names, columns.cells, strict=True)
        for words in [frozenset(words_of(name))]
        for subject in subjects
    )


def _rare_rows(columns: Columns, lines: int) -> frozenset[int]:
    """The rows that stand out; none of few, or where many do."""
    if lines < _MIN_ALIKE:
        return frozenset()
    found = {columns.rows[place] for cells in columns.cells for place in _rare(cells)}
    if len(columns.others) <= max(1.0, _RARE_TOGETHER * lines):
        found.update(columns.others)
    return frozenset(found) if len(found) <= _MOST_SHARE * lines else frozenset()


def _asked_rows(columns: Columns, lines: int, query: str) -> frozenset[int]:
    """The rows that the query asks for by their place, or by not having the value of a column that it names:
    "not paid"."""
    found: set[int] = set()
    for match in _PLACE.finditer(query):
        found.update((columns.rows[0],) if match["first"] else (columns.rows[-1], lines - 1))
    denied = {match["value"].lower() for match in _DENIED.finditer(query)}
    for cells in columns.cells if denied else ():
        if named := denied.intersection(map(str.lower, cells)):
            others = (place for place, value in enumerate(cells) if value.lower() not in named)
            found.update(map(columns.rows.__getitem__, others))
    return frozenset(found)


def _rows_as_wanted(columns: Columns, query: str) -> frozenset[int]:
    """The rows that are as the query says: "under 120 EUR", "failed in the region eu"."""
    texts = [ColumnOfTexts(name, cells) for name, cells in zip(columns.names, columns.cells, strict=True)]
    return frozenset(columns.rows[row] for row in matching_rows(texts, query))


def _rare(cells: Sequence[str]) -> Iterator[int]:
    """The places of rare values, where nearly all others are frequent."""
    counts = Counter(cells)
    most = max(1.0, _RARE_SHARE * len(cells))
    together = sum(count for count in counts.values() if count <= most)
    if 0 < together <= max(1.0, _RARE_TOGETHER * len(cells)):
        yield from (place for place, value in enumerate(cells) if counts[value] <= most)
