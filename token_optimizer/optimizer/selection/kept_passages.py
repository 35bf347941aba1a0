"""A text with only the passages that are kept, and a marker for every run of others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from token_optimizer.models import Marker, Passage
from token_optimizer.optimizer.marked_text import MarkedText, joined
from token_optimizer.optimizer.markers import cut_marker
from token_optimizer.text.lines import count_lines


def keep_passages(
    source: MarkedText,
    passages: Sequence[Passage],
    kept: frozenset[int],
    *,
    unit: str = "line",
) -> MarkedText:
    """The text with the kept passages, and one marker for each run of others, counting its lines, or passages
    where these are parts of lines.

    The marker of an earlier cut beside such a run goes into the new one, with what it counts.
    """
    if unit == "line" and not all(_is_of_lines(source.text, passage) for passage in passages):
        unit = "passage"
    writer = _Writer(source, unit)
    end = 0
    for is_kept, start, stop, count in _runs(source, passages, kept):
        if start > end:
            writer.pass_over(end, start, before_gap=not is_kept)
        if is_kept:
            writer.keep(start, stop)
        else:
            writer.leave_out(start, stop, count)
        end = stop
    writer.pass_over(end, len(source.text), before_gap=False)
    return writer.written()


# The text with the kept passages, and one marker for each run of others, counting passages.
keep_sentences = partial(keep_passages, unit="passage")


def _runs(
    source: MarkedText, passages: Sequence[Passage], kept: frozenset[int]
) -> Iterator[tuple[bool, int, int, int]]:
    """What stays and what goes: whether it stays, from where to where, and how many passages it is. Passages
    with nothing between them are one run; where there are markers, each is by itself."""
    first, start, end, was_kept = 0, 0, -1, False
    has_markers = bool(source.markers)
    for index, passage in enumerate(passages):
        is_kept, begin = index in kept, passage.start
        if begin != end or is_kept is not was_kept or has_markers:
            if index > first:
                yield was_kept, start, end, index - first
            first, start, was_kept = index, begin, is_kept
        end = passage.end
    if passages:
        yield was_kept, start, end, len(passages) - first


def _is_of_lines(text: str, passage: Passage) -> bool:
    """Whether the passage begins and ends with a line."""
    starts = passage.start == 0 or text[passage.start - 1] == "\n"
    return starts and (passage.end == len(text) or text[passage.end - 1] == "\n")


class _Writer:
    """The text as far as it is written, and the gap that has no marker yet."""

    def __init__(self, source: MarkedText, unit: str) -> None:
        self._source = source
        self._unit = unit
        self._out: list[MarkedText | str] = []
        self._gap: list[str] = []
        self._count = 0
        self._kept_from = self._kept_to = 0

    def keep(self, start: int, end: int) -> None:
        if self._gap:
            self._close_gap()
        if self._kept_to != start:
            self._flush()
            self._kept_from = start
        self._kept_to = end

    def leave_out(self, start: int, end: int, passages: int) -> None:
        text = self._source.text[start:end]
        count = passages
        if self._unit == "line":
            count = self._source.lines_meant(start, end, count_lines(text))
        self._add_to_gap(text, count)

    def pass_over(self, start: int, end: int, *, before_gap: bool) -> None:
        """Write what stands between two passages; markers of cuts beside a gap go into it."""
        for marker in filter(self._may_be_merged, self._source.within(start, end)):
            beside = (self._gap and self._is_blank(start, marker.start)) or (
                before_gap and self._is_blank(marker.end, end)
            )
            if not beside:
                continue
            self._write(start, marker.start)
            start = self._end_of_space(marker.end, end)
            self._add_to_gap(self._source.text[marker.start : start], marker.count)
        self._write(start, end)

    def written(self) -> MarkedText:
        if self._gap:
            self._close_gap()
        self._flush()
        return joined(self._out)

    def _may_be_merged(self, marker: Marker) -> bool:
        return marker.kind == "cut" and marker.unit == self._unit

    def _is_blank(self, start: int, end: int) -> bool:
        return not self._source.text[start:end].strip()

    def _end_of_space(self, start: int, end: int) -> int:
        rest = self._source.text[start:end]
        return start + len(rest) - len(rest.lstrip())

    def _write(self, start: int, end: int) -> None:
        """Write a text that is no passage; a gap before it stays open."""
        if start == end:
            return
        self._flush()
        self._out.append(self._part(start, end))

    def _flush(self) -> None:
        if self._kept_to > self._kept_from:
            self._out.append(self._part(self._kept_from, self._kept_to))
        self._kept_from = self._kept_to

    def _part(self, start: int, end: int) -> MarkedText | str:
        return self._source.part(start, end) if self._source.markers else self._source.text[start:end]

    def _add_to_gap(self, text: str, count: int) -> None:
        self._flush()
        self._gap.append(text)
        self._count += count

    def _close_gap(self) -> None:
        gap = "".join(self._gap)
        self._out.append(cut_marker(self._unit, self._count, gap))
        if gap.endswith("\n"):
            self._out.append("\n")
        self._gap, self._count = [], 0
