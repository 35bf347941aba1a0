"""The quantities that the cells of a column tell, in one unit each.

Before: "900M", "1.5G", "88K"; "3h", "2d", "40s"; "$1,200", "$90"; "2026-03-01", "2025-11-30"
After:  numbers of bytes; of seconds; of dollars; of days
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d(?:\.\d{1,9})?))?[Z\d:+-]*)?")
_CLOCK = re.compile(r"(?:(\d{1,5}):)?(\d{1,5}):(\d\d(?:\.\d{1,6})?)")
_NUMBER = re.compile(r"[^\w\n-]{0,3}(-?\d[\d,]*(?:\.\d+)?|-?\.\d+)[ ]?([A-Za-zµ]{0,4})[^\w\n]{0,80}")
_SIZES = {"k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12, "p": 1e15}
_TIMES = {
    "ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "sec": 1.0, "m": 60.0, "min": 60.0,
    "h": 3_600.0, "d": 86_400.0, "w": 604_800.0, "y": 31_536_000.0,
}  # fmt: skip
# A unit of these is one of time, and says so of others in its column.
_OF_TIME = frozenset(_TIMES) - {"m"}
_MIN_SHARE = 0.8


def quantities(cells: Sequence[str]) -> dict[int, float]:
    """What the cells tell by their places; nothing where a fifth of those that are not empty tell none."""
    filled = [place for place, cell in enumerate(cells) if cell]
    found = [_NUMBER.fullmatch(cells[place]) for place in filled]
    is_of_time = any(match is not None and match[2] in _OF_TIME for match in found)
    known = {
        place: quantity
        for place, match in zip(filled, found, strict=True)
        if (quantity := _quantity(cells[place], match, is_of_time=is_of_time)) is not None
    }
    return known if known and len(known) >= _MIN_SHARE * len(filled) else {}


def _quantity(cell: str, match: re.Match[str] | None, *, is_of_time: bool) -> float | None:
    if match is not None:
        number = float(match[1].replace(",", ""))
        return number * (_TIMES.get(match[2], 1.0) if is_of_time else _SIZES.get(match[2][:1].lower(), 1.0))
    if clock := _CLOCK.fullmatch(cell):
        return float(clock[1] or 0) * 3_600 + float(clock[2]) * 60 + float(clock[3])
    return _moment(cell)


def _moment(cell: str) -> float | None:
    """The days since the first of our calendar."""
    found = _DATE.fullmatch(cell)
    if found is None:
        return None
    year, month, day, hours, minutes, seconds = found.groups()
    try:
        days = date(int(year), int(month), int(day)).toordinal()
    except ValueError:
        return None
    return days + (float(hours or 0) * 3_600 + float(minutes or 0) * 60 + float(seconds or 0)) / 86_400
