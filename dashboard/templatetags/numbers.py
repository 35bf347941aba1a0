"""Template filters over `dashboard.numbers.formats`. None becomes an en dash: not known."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django import template

from dashboard.numbers import formats

register = template.Library()


def _known(write: Callable[[Any], str], value: Any) -> str:
    return formats.UNKNOWN if value is None or value == "" else write(value)


@register.filter
def exact(count: int | None) -> str:
    return _known(formats.exact, count)


@register.filter
def short(count: int | None) -> str:
    return _known(formats.short, count)


@register.filter
def money(dollars: Decimal | None) -> str:
    return _known(formats.money, dollars)


@register.filter
def price(dollars: Decimal | None) -> str:
    return _known(formats.price, dollars)


@register.filter
def absolute_money(dollars: Decimal | None) -> str:
    """The size alone, where the sign stands in the sentence."""
    return _known(lambda value: formats.money(abs(value)), dollars)


@register.filter
def percent(share: float | None) -> str:
    return _known(formats.percent, share)


@register.filter
def ratio(value: float | None) -> str:
    return _known(formats.ratio, value)


@register.filter
def fine_score(value: float | None) -> str:
    return _known(formats.fine_score, value)


@register.filter
def signed_score(score: float) -> str:
    return formats.signed_score(score)


@register.filter
def file_size(count: int | None) -> str:
    return _known(formats.file_size, count)


@register.filter
def milliseconds(value: float | None) -> str:
    return _known(formats.milliseconds, value)


@register.filter
def cut_percent(before: int, after: int) -> str:
    return formats.cut_percent(before, after)


@register.filter
def signed_percent(share: float) -> str:
    return formats.percent(share) if share <= 0 else f"+{formats.percent(share)}"


@register.filter
def cut_tokens(count: int) -> str:
    """A stage's cut as a change: −1,204; a stage that added tokens has a plus."""
    return f"+{formats.exact(-count)}" if count < 0 else formats.exact(-count)
