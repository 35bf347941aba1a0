"""What a body says, to look for something in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_WORD = re.compile(r"\w+")


def texts_of(body: Mapping[str, Any]) -> str:
    """Every text of the body, one below the other."""
    return "\n".join(_texts(body))


def one_spaced(text: str) -> str:
    return " ".join(text.split())


def missing_lines(lines: str, body: Mapping[str, Any]) -> list[str]:
    """Those of the lines whose words do not stand in the body in their order, one behind the other.

    Words and numbers are compared: JSON in a form with fewer spaces and quotes says the same.
    """
    sent = _words(texts_of(body))
    return [line.strip() for line in lines.splitlines() if _words(line).strip() and _words(line) not in sent]


def _words(text: str) -> str:
    """The words with a space on both sides of each."""
    return f" {' '.join(_WORD.findall(text))} "


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
