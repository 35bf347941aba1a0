"""The lines that several texts have in common, in time that grows linearly with the texts.

To find copies without comparing every text with every other, each text is known by a few of its lines, chosen
by winnowing (Schleimer, Wilkerson and Aiken, Winnowing: Local Algorithms for Document Fingerprinting, SIGMOD
2003): two texts that share enough lines in a row share a chosen one.
"""

from __future__ import annotations

import zlib
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from token_optimizer.optimizer.marked_text import MarkedText
from token_optimizer.text.cache import TextCache, keys_of
from token_optimizer.text.line_numbers import fully_numbered, may_be_numbered, unnumbered, without_gaps
from token_optimizer.text.lines import line_starts, lines_of

# Any so many lines in a row have one among the chosen; a longer line is chosen by itself.
_WINDOW_LINES = 4
_LONG_LINE_CHARS = 300
# A line says something from so many characters on; brackets and blank lines stand everywhere.
_MIN_LINE_CHARS = 8
# Places where a line is looked for.
_MAX_PLACES = 4
_CHOSEN: TextCache[frozenset[int]] = TextCache(5_000, max_chars=12_000_000)


@dataclass(frozen=True, slots=True)
class Run:
    """Lines `start` to `end` of a text, which stand in the block `source` too, from its line `there` on."""

    start: int
    end: int
    source: int
    there: int
    chars: int


def common_runs(lines: Sequence[str], sources: Sequence[tuple[int, Sequence[str]]]) -> list[Run]:
    """The longest runs of lines that stand in one of the sources, none over another, in order."""
    places: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for index, (_, source) in enumerate(sources):
        for number, line in enumerate(source):
            if len(line) >= _MIN_LINE_CHARS and len(places[line]) < _MAX_PLACES:
                places[line].append((index, number))
    runs: list[Run] = []
    start = done = 0
    while start < len(lines):
        found = [
            _run(lines, start, done, number, sources[index]) for index, number in places.get(lines[start], ())
        ]
        if found:
            runs.append(max(found, key=lambda run: run.end - run.start))
            start = done = runs[-1].end
        else:
            start += 1
    return runs


def _run(lines: Sequence[str], start: int, done: int, at: int, source: tuple[int, Sequence[str]]) -> Run:
    """The lines around `start` that are those of the source around `at`; not before `done`, where the run
    before it ended, and without blank lines at either end."""
    number, others = source
    first, end, last = start, start, start
    while first > done and at - (start - first) > 0 and lines[first - 1] == others[at - (start - first) - 1]:
        first -= 1
    while not lines[first]:
        first += 1
    for line, other in zip(islice(lines, start, None), islice(others, at, None), strict=False):
        if line != other:
            break
        end += 1
        last = end if line else last
    return Run(first, last, number, at - (start - first), sum(map(len, lines[first:last])))


def comparable_lines(text: MarkedText, marked: str) -> list[str]:
    """The lines of the text with all their numbers, without the space at their ends; `marked` in the place of
    those with a marker, which stands for other text than the same words elsewhere."""
    whole = lines_of(text.text)
    starts = line_starts(whole) if text.markers else []
    # A mark of repeats says all that it stands for.
    others = {bisect_right(starts, marker.start) - 1 for marker in text.markers if marker.kind != "repeat"}
    numbered = fully_numbered(whole, others) if may_be_numbered(text.text) else whole
    return [marked if at in others else line.rstrip() for at, line in enumerate(numbered)]


def chosen_lines(text: str) -> frozenset[int]:
    """The fingerprints of the lines that the text is known by, as they were chosen when it was first seen."""
    return chosen_lines_of([text])[0]


def chosen_lines_of(texts: Sequence[str]) -> list[frozenset[int]]:
    """The same of each of several texts."""
    keys = keys_of(texts, "copies")
    known = _CHOSEN.get_many(keys)
    chosen = [_choose(text) if one is None else one for text, one in zip(texts, known, strict=True)]
    _CHOSEN.put_many((key, new) for key, one, new in zip(keys, known, chosen, strict=True) if one is None)
    return chosen


def _choose(text: str) -> frozenset[int]:
    if "\n" not in text and not may_be_numbered(text):
        return _chosen_line(text.encode("utf-8", "surrogatepass").rstrip())
    full = unnumbered(without_gaps(text))
    lines = map(bytes.rstrip, full.encode("utf-8", "surrogatepass").split(b"\n"))
    said = [line for line in lines if len(line) >= _MIN_LINE_CHARS]
    # Unlike Python's own hash, the same in every process.
    prints = list(map(zlib.crc32, said))
    chosen: frozenset[int] = frozenset()
    if max(map(len, said), default=0) >= _LONG_LINE_CHARS:
        # Marks below 0 are those of long lines.
        long = (~mark for mark, line in zip(prints, said, strict=True) if len(line) >= _LONG_LINE_CHARS)
        chosen = frozenset(long)
    if len(prints) < _WINDOW_LINES:
        return chosen.union(prints)
    return chosen.union(map(min, *(prints[start:] for start in range(_WINDOW_LINES))))


def _chosen_line(line: bytes) -> frozenset[int]:
    """The same of a text that is one line."""
    if len(line) < _MIN_LINE_CHARS:
        return frozenset()
    mark = zlib.crc32(line)
    return frozenset((mark, ~mark)) if len(line) >= _LONG_LINE_CHARS else frozenset((mark,))
