"""Metadata as people type it: `team=ops, year=2024, code="007"`.

A value that JSON knows as a number, true, false or a quoted string is that; any other is text. What is typed
here becomes a parameter of the query, never part of it.
"""

from __future__ import annotations

import json
import re
from typing import Any

from django import forms

_PAIR = re.compile(r'([^=,"]++)=\s*+("(?:[^"\\]|\\.)*+"|[^,"]*+)\s*+(?:,|$)')


class MetadataField(forms.CharField):
    """A text field whose value is a dict."""

    def clean(self, value: Any) -> dict[str, Any]:
        return metadata_of(super().clean(value))


def metadata_of(text: str) -> dict[str, Any]:
    """The pairs of a text; ValidationError shows the part that is none."""
    found: dict[str, Any] = {}
    at = 0
    text = text.rstrip()
    while at < len(text):
        pair = _PAIR.match(text, at)
        if pair is None or not pair[1].strip():
            raise forms.ValidationError(
                f"{text[at:].strip()[:60]!r} is not key=value, as in team=ops, year=2024"
            )
        found[pair[1].strip()] = _value(pair[2].rstrip())
        at = pair.end()
    return found


def _value(text: str) -> Any:
    try:
        value = json.loads(text, parse_constant=str)
    except ValueError:
        return text
    return value if isinstance(value, str | int | float) else text
