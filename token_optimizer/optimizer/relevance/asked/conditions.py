"""The rows of a table that are as the question wants them: within a bound, or with the values it names.

Before: "Which hotels under 120 EUR have breakfast?", rows with `price` and `breakfast`
After:  the rows whose price is below 120 and whose breakfast is true
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import date, timedelta
from math import inf

from token_optimizer.optimizer.relevance.words import stems_of
from token_optimizer.text.cache import remembered

_AMOUNT = (
    r"[$€£¥]?\s?-?(\d{4}-\d\d-\d\d|\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)\s?([kKM]\b|[^\W\d_]+|[%$€£¥])?"
)
_BELOW = (
    r"under|below|before|until|up\ to|at\ most|within|(?:less|fewer|cheaper|lower|smaller|shorter|lighter"
    r"|younger|earlier|newer|faster)\ than|no\ more\ than|unter|höchstens|bis\ zu"
    r"|(?:weniger|kleiner|billiger|jünger|kürzer|leichter)\ als|moins\ de|menos\ de|meno\ di|<=?"
)
_ABOVE = (
    r"over|above|after|since|exceed(?:s|ing)?|at\ least"
    r"|(?:more|greater|higher|larger|bigger|longer|older|heavier|later|slower)\ than|no\ less\ than"
    r"|über|mindestens|(?:mehr|größer|höher|älter|länger|schwerer|teurer)\ als|plus\ de|más\ de|più\ di|>=?"
)
_BOUND = re.compile(
    rf"(?<!\w)(?:(?P<below>{_BELOW})|(?P<above>{_ABOVE}))\s?(?:the\ )?{_AMOUNT}", re.IGNORECASE | re.VERBOSE
)
_THOUSANDS = {"k": 1_000.0, "m": 1_000_000.0}
# What a number counts, by the words of columns that have it.
_MONEY = (
    "price", "cost", "amount", "total", "fee", "rent", "salary", "budget", "revenue", "value", "sum", "preis",
)  # fmt: skip
_COUNTED = {
    **dict.fromkeys(("€", "eur", "euro", "euros", "$", "usd", "dollar", "dollars", "£", "gbp"), _MONEY),
    **dict.fromkeys(("day", "days", "tage", "tagen", "years", "year", "jahre"), ("age", "days", "alter")),
    **dict.fromkeys(("ms", "milliseconds", "s", "seconds"), ("ms", "latency", "duration", "time", "seconds")),
    **dict.fromkeys(("minutes", "min", "hours", "h"), ("minutes", "duration", "hours", "time")),
    **dict.fromkeys(("kg", "g", "grams"), ("weight", "kg", "gewicht")),
    **dict.fromkeys(("%", "percent"), ("percent", "pct", "share", "rate", "usage")),
    **dict.fromkeys(("stars", "star"), ("rating", "stars")),
}  # fmt: skip
_COMPARED = {
    **dict.fromkeys(("cheap", "billig", "teur"), _MONEY),
    **dict.fromkeys(("old", "young"), ("age",)),
    "heav": ("weight",),
}
_DAYS = {"day": 1, "tag": 1, "week": 7, "woche": 7, "month": 30, "monat": 30, "year": 365, "jahr": 365}
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_NUMBER = re.compile(
    r"[$€£¥]?\s?(-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|-?\d+(?:\.\d+)?)\s?(?:%|[$€£¥]|[A-Za-z]{1,5})?"
)
_DENIED = re.compile(
    r"(?i)\b(?:not|without|except|no|non|nicht|ohne|kein\w{0,2})\s+(?:an?\s+|the\s+)?([\w-]+)"
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
# Most columns without numbers have none in their first rows.
_SAMPLE_ROWS = 20
_MIN_NUMBERS = 0.8
_MAX_VALUES, _ROWS_PER_VALUE = 40, 3
_TRUE, _FALSE = frozenset(("true", "yes", "ja", "y")), frozenset(("false", "no", "nein", "n"))
# A bound does for two values.
_MIN_CONDITIONS = 2
# Of more rows that are as wanted no one is telling.
_MOST_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class ColumnOfTexts:
    """A column's name and its values, one for each row."""

    name: str
    texts: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Bound:
    """A bound in the question: the amount as it is written, its unit, and where it stands."""

    amount: str
    unit: str
    is_upper: bool
    words: str
    place: int


@dataclass(frozen=True, slots=True)
class _Wanted:
    bounds: tuple[_Bound, ...]
    stems: frozenset[str]
    denied: frozenset[str]


def matching_rows(columns: Sequence[ColumnOfTexts], query: str) -> list[int]:
    """The rows that are as the query says in all, where it gives a bound or two values; none where many
    are."""
    wanted = _wanted(query)
    bounds = [test for bound in wanted.bounds if (test := _bound_test(columns, bound, query)) is not None]
    tests = [*bounds, *(test for column in columns for test in _value_tests(column, wanted))]
    if len(tests) + len(bounds) < _MIN_CONDITIONS:
        return []
    rows = range(len(columns[0].texts))
    found = [row for row in rows if all(test(row) for test in tests)]
    return found if len(found) <= _MOST_SHARE * len(rows) else []


@remembered(1_000)
def _wanted(query: str) -> _Wanted:
    bounds = tuple(
        _Bound(
            match[3],
            (match[4] or "").lower(),
            match["below"] is not None,
            match.group().lower(),
            match.start(),
        )
        for match in _BOUND.finditer(query)
    )
    denied = frozenset(stem for match in _DENIED.finditer(query) for stem in stems_of(match[1]))
    return _Wanted(bounds, frozenset(stems_of(query)), denied)


def _bound_test(columns: Sequence[ColumnOfTexts], bound: _Bound, query: str) -> Callable[[int], bool] | None:
    """Tells which rows are within the bound, by the column that it is of; None where no column is clearly."""
    days = next((days for unit, days in _DAYS.items() if bound.unit.startswith(unit)), 0)
    possible: list[tuple[str, Callable[[int], bool]]] = []
    for column in columns:
        if _DATE.fullmatch(bound.amount):
            test = _date_test(column, bound.amount, is_upper=bound.is_upper)
        else:
            test = _number_test(column, bound) or (_age_test(column, bound, days) if days else None)
        if test is not None and 0 < sum(map(test, range(len(column.texts)))) < len(column.texts):
            possible.append((column.name, test))
    return _best(possible, bound, query)


def _best(
    possible: Sequence[tuple[str, Callable[[int], bool]]], bound: _Bound, query: str
) -> Callable[[int], bool] | None:
    """The test of the column that the question names, next to the bound; else of what the amount counts; else
    of the only one that the amount fits."""
    meant = set(_COUNTED.get(bound.unit, ()))
    meant.update(*(names for word, names in _COMPARED.items() if bound.words.startswith(word)))
    lower = query.lower()
    near = [
        (min(places), test)
        for name, test in possible
        if (places := [abs(lower.find(stem) - bound.place) for stem in _name_stems(name) if stem in lower])
    ]
    if near:
        return min(near, key=lambda found: found[0])[1]
    of_unit = [test for name, test in possible if not meant.isdisjoint(_name_words(name))]
    fitting = of_unit or [test for name, test in possible if "id" not in _name_words(name)]
    return fitting[0] if len(fitting) == 1 or of_unit else None


def _name_words(name: str) -> Set[str]:
    return set(re.findall(r"[^\W_]+", _CAMEL.sub(" ", name).lower()))


def _name_stems(name: str) -> list[str]:
    return stems_of(_CAMEL.sub(" ", name))


def _number_test(column: ColumnOfTexts, bound: _Bound) -> Callable[[int], bool] | None:
    if not any(map(_NUMBER.fullmatch, column.texts[:_SAMPLE_ROWS])):
        return None
    numbers = list(map(_number, column.texts))
    if sum(number is not None for number in numbers) < _MIN_NUMBERS * len(numbers):
        return None
    limit = float(bound.amount.replace(",", "")) * _THOUSANDS.get(bound.unit, 1.0)
    if "cents" in _name_words(column.name):
        limit *= 100
    if bound.is_upper:
        return lambda row: (number if (number := numbers[row]) is not None else inf) <= limit
    return lambda row: (number if (number := numbers[row]) is not None else -inf) >= limit


def _number(text: str) -> float | None:
    found = _NUMBER.fullmatch(text)
    return float(found[1].replace(",", "")) if found else None


def _age_test(column: ColumnOfTexts, bound: _Bound, days: int) -> Callable[[int], bool] | None:
    """Of dates: "older than 30 days" are those so long before the newest of them."""
    dates = sorted(text[:10] for text in column.texts if _DATE.match(text))
    try:
        limit = date.fromisoformat(dates[-1]) - timedelta(days * float(bound.amount.replace(",", "")))
    except (IndexError, ValueError, OverflowError):
        return None
    return _date_test(column, limit.isoformat(), is_upper=not bound.is_upper)


def _date_test(column: ColumnOfTexts, limit: str, *, is_upper: bool) -> Callable[[int], bool] | None:
    dates = [text[:10] if _DATE.match(text) else "" for text in column.texts]
    if sum(map(bool, dates)) < _MIN_NUMBERS * len(dates):
        return None
    if is_upper:
        return lambda row: bool(dates[row]) and dates[row] <= limit
    return lambda row: bool(dates[row]) and dates[row] >= limit


def _value_tests(column: ColumnOfTexts, wanted: _Wanted) -> Iterator[Callable[[int], bool]]:
    """Tells which rows have one of the values that the question names of a column of few, or whether they
    have what a column of yes and no is named after."""
    texts = column.texts
    values = set(texts)
    if not 2 <= len(values) <= min(_MAX_VALUES, len(texts) // _ROWS_PER_VALUE):
        return
    if {value.lower() for value in values} <= _TRUE | _FALSE | {""}:
        stems = frozenset(_name_stems(column.name)) - {"has", "is"}
        if stems and stems <= wanted.stems:
            good = _FALSE if stems & wanted.denied else _TRUE
            yield lambda row: texts[row].lower() in good
        return
    named = {value for value in values if (stems := frozenset(stems_of(value))) and stems <= wanted.stems}
    denied = {value for value in named if not wanted.denied.isdisjoint(stems_of(value))}
    if denied:
        yield lambda row: texts[row] not in denied
    elif named and not all(value.replace(".", "").isdigit() for value in named):
        yield lambda row: texts[row] in named
