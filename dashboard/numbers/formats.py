"""How numbers are written for people: counts, money, shares, ratios, times.

Exact where numbers are compared (tables), three digits where they are glanced at (tiles). A sign is a true
minus. 0% and 100% are written only where they are exact: closer to them there are more digits, and no "<" or
">", which read badly behind a sign.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from math import floor

MINUS = "−"
UNKNOWN = "–"
_STEPS = ((1_000_000_000_000, "T"), (1_000_000_000, "B"), (1_000_000, "M"), (1_000, "k"))
_AGES = ((86_400, "day"), (3_600, "h"), (60, "min"), (1, "s"))
_MIN_AGE_SECONDS = 10
_MAX_LISTED_DAYS = 60


def exact(count: int) -> str:
    """56,551"""
    return _signed(count, f"{abs(count):,}")


def short(count: int) -> str:
    """Three digits and a unit: 999, 1.23k, 84.1M."""
    size = abs(count)
    for step, unit in _STEPS:
        # A count that would round up to 1,000 of the smaller unit is written in the larger one.
        if size >= step or (size >= 1_000 and round(size / step, 3) >= 1):
            return _signed(count, _three_digits(size / step) + unit)
    return _signed(count, str(size))


def money(dollars: Decimal) -> str:
    """$412.18; under a dollar four decimals; what is not zero is never written as zero."""
    size = abs(dollars)
    if size == 0:
        return "$0.00"
    fine = size.quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP)
    if fine == 0:
        return _signed(dollars, f"${_one_digit(size)}")
    if fine < 1:
        return _signed(dollars, f"${fine}")
    return _signed(dollars, f"${size.quantize(Decimal('0.01'), rounding=ROUND_HALF_UP):,}")


def price(dollars: Decimal) -> str:
    """$2.50, $0.075, $1,200.00: two decimals, more where the price has more."""
    exact_price = dollars.quantize(Decimal("0.01")) if dollars == round(dollars, 2) else dollars.normalize()
    return f"${exact_price:,f}"


def percent(share: float) -> str:
    """61%; under 10% one decimal; 99.9% and 0.004% where 100% and 0% would not be exact."""
    size = abs(share) * 100
    if size == 0:
        return "0%"
    if size < 0.05:
        return _signed(share, f"{_one_digit(Decimal(size))}%")
    if size < 9.95:
        return _signed(share, f"{size:.1f}%")
    if 99 < size < 100:
        return _signed(share, f"{floor(size * 10) / 10}%")
    return _signed(share, f"{size:,.0f}%")


def file_size(count: int) -> str:
    """840 B, 12.4 kB, 50.0 MB, by 1,024"""
    size, unit = float(count), "B"
    for unit in ("B", "kB", "MB", "GB"):
        if size < 999.5 or unit == "GB":
            break
        size /= 1024
    return f"{count} B" if unit == "B" else f"{_three_digits(size)} {unit}"


def milliseconds(value: float) -> str:
    """38 ms, 0.4 ms, 1.24 s"""
    if value <= 0:
        return "0 ms"
    if value < 0.05:
        return "<0.1 ms"
    if value < 9.95:
        return f"{value:.1f} ms"
    if value < 999.5:
        return f"{value:.0f} ms"
    return f"{_three_digits(value / 1000)} s"


def ratio(value: float) -> str:
    """0.42"""
    return f"{value:.2f}"


def signed_score(value: float) -> str:
    """+1, −0.5, 0: what somebody says of an answer."""
    size = f"{abs(value):.2f}".rstrip("0").rstrip(".")
    return f"+{size}" if value > 0 else _signed(value, size)


def fine_score(value: float) -> str:
    """0.0328: for scores that differ in their last digits."""
    return f"{value:.4f}"


def ago(moment: datetime, now: datetime) -> str:
    """3 min ago"""
    return _age_text(int((now - moment) / timedelta(seconds=1)))


def age_texts() -> list[tuple[int, str]]:
    """Every text that an age of up to 60 days can have, with the seconds from which it holds.

    A page that stands open shows its ages anew from this list.
    """
    starts = [0]
    for (size, _), end in zip(reversed(_AGES), (60, 3_600, 86_400, _MAX_LISTED_DAYS * 86_400), strict=True):
        starts += range(max(size, _MIN_AGE_SECONDS), end, size)
    return [(start, _age_text(start)) for start in starts]


def _age_text(seconds: int) -> str:
    if seconds < _MIN_AGE_SECONDS:
        return "just now"
    size, unit = next(found for found in _AGES if seconds >= found[0])
    number = seconds // size
    plural = "s" if unit == "day" and number != 1 else ""
    return f"{number} {unit}{plural} ago"


def cut_percent(before: int, after: int) -> str:
    """The change from before to after as a table writes it: −66%, +3.0%, 0%."""
    if before == after:
        return "0%"
    if before == 0:
        return "new"
    text = percent((before - after) / before).removeprefix(MINUS)
    return f"{MINUS if after < before else '+'}{text}"


def _signed(value: float | Decimal, size: str) -> str:
    return f"{MINUS}{size}" if value < 0 else size


def _one_digit(size: Decimal) -> str:
    """The first digit that is no zero, at its place: 0.00004"""
    return f"{round(size, -size.adjusted()):f}"


def _three_digits(value: float) -> str:
    for limit, digits in ((9.995, 2), (99.95, 1)):
        if value < limit:
            return f"{value:.{digits}f}"
    return f"{value:,.0f}"
