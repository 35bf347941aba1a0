"""A text with the places of its markers: its parts, its pieces, and texts made of others."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Any, ClassVar

from token_optimizer.models import Block, Marker, value_class

_START, _END = attrgetter("start"), attrgetter("end")


@value_class
class MarkedText:
    """A text with the markers that stand in it, in order."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    text: str
    markers: tuple[Marker, ...] = ()

    @classmethod
    def of(cls, block: Block) -> MarkedText:
        """The text of a block."""
        return cls(block.content, block.markers)

    def within(self, start: int, end: int) -> Sequence[Marker]:
        """The markers that stand between these places."""
        if not self.markers:
            return ()
        first = bisect_left(self.markers, start, key=_START)
        last = bisect_right(self.markers, end, lo=first, key=_END)
        return self.markers[first:last]

    def part(self, start: int, end: int) -> MarkedText:
        """The text between these places, with the markers in it."""
        return MarkedText(self.text[start:end], _moved(self.within(start, end), -start))

    def pieces(self) -> Iterator[str]:
        """What stands before, between and behind the markers."""
        done = 0
        for marker in self.markers:
            yield self.text[done : marker.start]
            done = marker.end
        yield self.text[done:]

    def stripped_span(self, chars: str) -> tuple[int, int]:
        """Where the text starts and ends without these characters around it."""
        start = len(self.text) - len(self.text.lstrip(chars))
        return start, max(start, len(self.text.rstrip(chars)))

    def with_markers_of(self, before: MarkedText) -> MarkedText | None:
        """This text with the markers of the one that it was made from; None where they were altered."""
        if not before.markers:
            return self
        found = relocated(before.markers, before.text, self.text)
        if found is None:
            return None
        return MarkedText(self.text, tuple(sorted((*self.markers, *found), key=_START)))

    def is_marker(self, start: int, end: int) -> bool:
        """Whether markers stand between these places, and nothing else but space.

        References and marks of repeats count as text: they say something, and may be left out.
        """
        markers = self.within(start, end)
        if not markers or any(marker.kind in ("copy", "repeat") for marker in markers):
            return False
        return not "".join(self.part(start, end).pieces()).strip()

    def lines_meant(self, start: int, end: int, lines: int) -> int:
        """How many lines so many `lines` between these places stand for: those of markers for several."""
        return lines + sum(one.count - 1 for one in self.within(start, end) if one.unit == "line")


def joined(parts: Iterable[MarkedText | str]) -> MarkedText:
    """The parts as one text."""
    texts: list[str] = []
    markers: list[Marker] = []
    length = 0
    for part in parts:
        if isinstance(part, MarkedText):
            if part.markers:
                markers += _moved(part.markers, length)
            part = part.text
        texts.append(part)
        length += len(part)
    return MarkedText("".join(texts), tuple(markers))


def relocated(markers: Sequence[Marker], text: str, rewritten: str) -> tuple[Marker, ...] | None:
    """The markers of the text as they stand in a rewritten one that left them and their order alone; None
    where it did not."""
    found: list[Marker] = []
    for marker in markers:
        words = text[marker.start : marker.end]
        if text.count(words) != rewritten.count(words):
            return None
        start = -1
        for _ in range(text.count(words, 0, marker.start) + 1):
            start = rewritten.index(words, start + 1)
        found.append(marker.at(start))
    return tuple(found)


def _moved(markers: Sequence[Marker], by: int) -> tuple[Marker, ...]:
    if not by:
        return tuple(markers)
    return tuple([one.at(one.start + by) for one in markers])
