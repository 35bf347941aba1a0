"""The named detectors, and what they find in a text.

All patterns run on RE2: whoever writes the text, finding takes time in proportion to its length.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

import re2

from token_optimizer.masking import checks, shapes

# What users' own patterns find.
CUSTOM = "custom"

_SURROGATE = re.compile("[\ud800-\udfff]")

Check = Callable[[str, str, str], bool]


class Span(NamedTuple):
    """What a detector found, from `start` to `end`."""

    start: int
    end: int
    detector: str


class Shape(NamedTuple):
    """One pattern. `needs`: without these characters no text has a match.

    `check` is given what was found, and the characters before and after it.
    """

    pattern: str
    check: Check = lambda _text, _before, _after: True
    needs: str = ""


def _alone(check: Callable[[str], bool]) -> Check:
    """A check that what stands around it does not matter to."""
    return lambda text, _before, _after: check(text)


# Where two find the same place, the first has it.
DETECTORS: dict[str, tuple[Shape, ...]] = {
    "private_key": (Shape(shapes.PRIVATE_KEY, needs="PRIVATE KEY"),),
    "jwt": (Shape(shapes.JWT, _alone(checks.is_jwt), "eyJ"),),
    "api_key": (
        Shape(shapes.TOKENS),
        Shape(shapes.SK_KEYS, _alone(checks.is_key), "sk-"),
        Shape(shapes.BEARER, _alone(checks.is_key)),
        Shape(shapes.ASSIGNED, _alone(checks.is_key)),
        Shape(shapes.URL_PASSWORD, _alone(checks.is_password), "://"),
    ),
    "email": (Shape(shapes.EMAIL, checks.is_email, "@"),),
    "iban": (Shape(shapes.IBAN, _alone(checks.is_iban)),),
    "card": (Shape(shapes.CARD, checks.is_card),),
    "phone": tuple(Shape(pattern, checks.is_phone) for pattern in shapes.PHONES),
}


class Finder:
    """Looks for what some detectors and some compiled patterns of a user's find."""

    def __init__(self, names: Sequence[str], own: Sequence[Any] = ()) -> None:
        self._shapes = [(name, shape) for name in DETECTORS if name in names for shape in DETECTORS[name]]
        self._own = own

    def spans(self, text: str) -> list[Span]:
        """What is found, from left to right, none within another. A user's own patterns come first."""
        if not text.isascii():
            # RE2 reads no half of a pair; as many characters stand in its place.
            text = _SURROGATE.sub("\ufffd", text)
        taken: list[Span] = []
        for span in self._all(text):
            at = bisect_left(taken, span)
            left = taken[at - 1].end if at else 0
            right = taken[at].start if at < len(taken) else len(text)
            if left <= span.start and span.end <= right:
                taken.insert(at, span)
        return taken

    def _all(self, text: str) -> Iterator[Span]:
        for pattern in self._own:
            for found in pattern.finditer(text):
                if found.end() > found.start():
                    yield Span(found.start(), found.end(), CUSTOM)
        for name, shape in self._shapes:
            if shape.needs in text:
                yield from _found(name, shape, text)


def _found(name: str, shape: Shape, text: str) -> Iterator[Span]:
    compiled = _compiled(shape.pattern)
    for found in compiled.finditer(text):
        start, end = found.span(1 if compiled.groups else 0)
        if shape.check(text[start:end], text[start - 1 : start], text[end : end + 1]):
            yield Span(start, end, name)


@cache
def _compiled(pattern: str) -> Any:
    return re2.compile(pattern)
