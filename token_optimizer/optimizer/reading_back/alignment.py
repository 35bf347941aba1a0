"""Finds what a marker stands for: the text of the original between what was kept before and behind it.

Before: "a\n[… 2 lines left out]\nd\n", made from "a\nb\nc\nd\n"
After:  the place of "b\nc\n" in the original
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from token_optimizer.models import Marker
from token_optimizer.optimizer.code.sparse_numbers import with_all_numbers
from token_optimizer.optimizer.marked_text import MarkedText
from token_optimizer.optimizer.markers import handle_of
from token_optimizer.text.lines import count_lines

# So many places are tried for a kept text that stands in the original more than once.
_MAX_TRIES = 200


class Span(NamedTuple):
    """A part of a text, from `start` to `end`."""

    start: int
    end: int


def gaps_of(text: MarkedText, original: str) -> list[Span] | None:
    """The part of the original that each marker of the text stands for, in order; None where the text was
    rewritten, so that this cannot be told. Markers without text between them stand for the same part."""
    text = with_all_numbers(text)
    pieces = list(text.pieces())
    exact = _Aligner(original, range(len(original))).gaps(pieces, text.markers)
    if exact is not None:
        return exact
    places = [at for at, char in enumerate(original) if not char.isspace()]
    spaceless = "".join(map(original.__getitem__, places))
    return _Aligner(original, places, spaceless).gaps(
        ["".join(piece.split()) for piece in pieces], text.markers
    )


@dataclass(frozen=True, slots=True)
class _Aligner:
    """Aligns pieces with `text`, whose characters stand at `places` of the original."""

    original: str
    places: Sequence[int]
    text: str = ""

    def gaps(self, pieces: Sequence[str], markers: Sequence[Marker]) -> list[Span] | None:
        text = self.text or self.original
        kept = [piece.strip() for piece in pieces]
        gaps: list[Span] = []
        end = self._start_of(kept[0])
        if end is None:
            return None
        waiting: list[Marker] = []
        for marker, piece in zip(markers, kept[1:], strict=True):
            waiting.append(marker)
            if not piece:
                continue
            start = self._next(piece, end, waiting)
            if start is None:
                return None
            gaps += [self._gap(end, start)] * len(waiting)
            end, waiting = start + len(piece), []
        if not waiting and text[end:].strip():
            return None
        return gaps + [self._gap(end, len(text))] * len(waiting)

    def _start_of(self, piece: str) -> int | None:
        """Where the first piece ends; None where the text does not begin with it."""
        text = self.text or self.original
        start = len(text) - len(text.lstrip()) if piece else 0
        return start + len(piece) if text.startswith(piece, start) else None

    def _next(self, piece: str, end: int, markers: Sequence[Marker]) -> int | None:
        """Where the piece goes on behind `end`: of several places the one at which the gap is what a marker
        says that it is; None where none is."""
        text = self.text or self.original
        places: list[int] = []
        for _ in range(_MAX_TRIES):
            at = text.find(piece, places[-1] + 1 if places else end)
            if at < 0:
                break
            if self._fits(self._gap(end, at), markers):
                return at
            places.append(at)
        return places[0] if len(places) == 1 else None

    def _fits(self, gap: Span, markers: Sequence[Marker]) -> bool:
        part = self.original[gap.start : gap.end]
        if any(marker.handle and marker.handle == handle_of(part) for marker in markers):
            return True
        count = sum(marker.count for marker in markers if marker.unit == "line")
        return bool(count) and count_lines(part) == count

    def _gap(self, start: int, end: int) -> Span:
        """The part of the original between two places of the text, without the line end of what stands
        before and the indentation of what follows."""
        first = self.places[start - 1] + 1 if start else 0
        last = self.places[end] if end < len(self.places) else len(self.original)
        line = self.original.rfind("\n", first, last) + 1
        if line and end < len(self.places) and not self.original[line:last].strip():
            last = line
        if self.original.startswith("\n", first) and first < last:
            first += 1
        return Span(first, max(first, last))
