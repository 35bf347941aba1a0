"""Template filters over `dashboard.numbers`. None becomes an en dash: not known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import template
from django.utils import timezone

from dashboard import numbers

register = template.Library()
UNKNOWN = "–"


def _known(write: Callable[[Any], str], value: Any) -> str:
    return UNKNOWN if value is None or value == "" else write(value)


@register.filter
def exact(count: int | None) -> str:
    return _known(numbers.exact, count)


@register.filter
def short(count: int | None) -> str:
    return _known(numbers.short, count)


@register.filter
def money(dollars: Decimal | None) -> str:
    return _known(numbers.money, dollars)


@register.filter
def absolute_money(dollars: Decimal | None) -> str:
    """The size alone, where the sign stands in the sentence."""
    return _known(lambda value: numbers.money(abs(value)), dollars)


@register.filter
def percent(share: float | None) -> str:
    return _known(numbers.percent, share)


@register.filter
def file_size(count: int | None) -> str:
    return _known(numbers.file_size, count)


@register.filter
def milliseconds(value: float | None) -> str:
    return _known(numbers.milliseconds, value)


@register.filter
def ago(moment: datetime) -> str:
    return numbers.ago(moment, timezone.now())


@register.filter
def cut_percent(before: int, after: int) -> str:
    return numbers.cut_percent(before, after)


@register.filter
def signed_percent(share: float) -> str:
    return numbers.percent(share) if share < 0 else f"+{numbers.percent(share)}"


@register.filter
def cut_tokens(count: int) -> str:
    """A stage's cut as a change: −1,204; a stage that added tokens has a plus."""
    return f"+{numbers.exact(-count)}" if count < 0 else numbers.exact(-count)


@register.filter
def short_id(trace_id: object) -> str:
    """The ends of an id, which tell requests of one moment apart: 0192f3a1…4c0e"""
    text = str(trace_id)
    return f"{text[:8]}…{text[-4:]}"
