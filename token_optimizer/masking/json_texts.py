"""Secrets in a text of JSON, such as the arguments of a call: looked for in its strings as they read.

Before: {"to":"jo@x.org","key":"-----BEGIN…\\n…"}
After:  {"to":"<email_mzxw6y>","key":"<private_key_nb2hi4>"}
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from token_optimizer.masking.detectors import Span

# To its end where the last string is not closed, so that no quote in it is a beginning again.
_STRING = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)(?:"|\\?\Z)', re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{4}|.)", re.DOTALL)
_CHARS = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


def is_json(text: str) -> bool:
    """Whether a text begins as an object or a list does."""
    return text.lstrip()[:1] in ("{", "[")


def masked_json(text: str, spans: Callable[[str], Sequence[Span]], name: Callable[[str, str], str]) -> str:
    """The text with placeholders; all else stays as it was, to the character."""

    def masked(found: re.Match[str]) -> str:
        inner = found[1]
        plain, places = _read(inner) if "\\" in inner else (inner, None)
        pieces, done = [], 0
        for start, end, detector in spans(plain):
            first, last = (start, end) if places is None else (places[start], places[end])
            pieces += [inner[done:first], name(plain[start:end], detector)]
            done = last
        if not pieces:
            return found[0]
        return found[0].replace(inner, "".join([*pieces, inner[done:]]), 1)

    return _STRING.sub(masked, text)


def _read(inner: str) -> tuple[str, list[int]]:
    """A string as it reads, and where each of its characters, and its end, stands in the text."""
    pieces: list[str] = []
    places: list[int] = []
    done = 0
    for found in _ESCAPE.finditer(inner):
        places += [*range(done, found.start()), found.start()]
        pieces += [inner[done : found.start()], _char(found[0][1:])]
        done = found.end()
    places += range(done, len(inner) + 1)
    return "".join([*pieces, inner[done:]]), places


def _char(escape: str) -> str:
    return chr(int(escape[1:], 16)) if len(escape) > 1 else _CHARS.get(escape, escape)
