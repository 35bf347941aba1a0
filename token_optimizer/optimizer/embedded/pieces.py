"""The pieces that a text is read as. Joined, in order, they are the text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from token_optimizer.models import Kind, Quoting, Wrapper, quoted


class Piece(NamedTuple):
    """A part of a text. Of `raw`, the first `lead` and `before` characters and the last `after` stand around
    the content, which `quoting` says how to read. `background` is prose that asks nothing."""

    kind: Kind
    raw: str
    lead: int = 0
    before: int = 0
    after: int = 0
    quoting: Quoting = ()
    background: bool = False

    @property
    def content(self) -> str:
        inside = self.raw[self.lead + self.before : len(self.raw) - self.after]
        for _ in self.quoting:
            inside = unquoted(inside)
        return inside

    @property
    def wrapper(self) -> Wrapper | None:
        """What stands around the content; None where that is all there is."""
        if not (self.lead or self.before or self.after or self.quoting):
            return None
        start = self.lead + self.before
        end = len(self.raw) - self.after
        return Wrapper(self.raw[: self.lead], self.raw[self.lead : start], self.raw[end:], self.quoting)

    def within(self, quoting: Quoting) -> Piece:
        """The piece as it stands in a JSON string."""
        start, end = self.lead + self.before, len(self.raw) - self.after
        bounds = [0, self.lead, start, end, len(self.raw)]
        lead, before, inside, after = (
            quoted(self.raw[first:last], quoting) for first, last in pairwise(bounds)
        )
        raw = f"{lead}{before}{inside}{after}"
        return Piece(self.kind, raw, len(lead), len(before), len(after), self.quoting + quoting)


def unquoted(inside: str) -> str:
    """The text whose JSON string holds this between its quotes."""
    text: str = json.loads(f'"{inside}"')
    return text


def quoting_of(inside: str) -> Quoting | None:
    """How the inside of a JSON string is written; None where it could not be written again to the byte."""
    try:
        text = unquoted(inside)
        text.encode()
    except ValueError:
        return None
    choices: tuple[Quoting, ...] = (("unicode",), ("ascii",))
    return next((quoting for quoting in choices if quoted(text, quoting) == inside), None)


def with_rest(spans: Iterable[tuple[int, int]], length: int) -> Iterator[tuple[int, int, bool]]:
    """The spans of a text and what stands between, before and behind them, in order and none empty; whether
    each is one of the spans."""
    at = 0
    for start, end in (*spans, (length, length)):
        if start > at:
            yield at, start, False
        if end > start:
            yield start, end, True
        at = end


def joined(pieces: list[Piece]) -> list[Piece]:
    """The pieces without empty ones, neighbours of prose as one."""
    found: list[Piece] = []
    for piece in pieces:
        if not piece.raw:
            continue
        last = found[-1] if found else None
        if last and piece.kind is last.kind is Kind.PROSE and piece.background == last.background:
            found[-1] = last._replace(raw=last.raw + piece.raw)
        else:
            found.append(piece)
    return found


def asked_from(pieces: Sequence[Piece], start: int) -> list[Piece]:
    """The pieces, of which all that stands from there on in the text is asked."""
    found: list[Piece] = []
    at = 0
    for piece in pieces:
        asked = min(len(piece.raw), max(0, start - at))
        at += len(piece.raw)
        found += [piece._replace(raw=piece.raw[:asked]), Piece(Kind.PROSE, piece.raw[asked:])]
    return joined(found)
