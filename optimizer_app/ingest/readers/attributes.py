"""Attributes of elements, in HTML and in Word's XML."""

from __future__ import annotations


def whole_number(text: str | None, default: int) -> int:
    """The number that an attribute holds; the default where it is missing or holds something else."""
    try:
        return int(text or "")
    except ValueError:
        return default
