"""Finds what a prompt says more than once: whole copies, texts that another one contains, and near copies.

A copy becomes a reference that names what it repeats by how that begins. The newest copy stays, except where
an older one is closed (sent before, or never rewritten): then the newer refers to it. Nothing is lost, since
what is referred to stands in the prompt line for line. JSON, calls and examples are never referred to in
part.

To find copies without comparing every text with every other, each text is known by a few of its lines, chosen
by winnowing (Schleimer, Wilkerson and Aiken, Winnowing: Local Algorithms for Document Fingerprinting, SIGMOD
2003): two texts that share enough lines in a row share a chosen one. The time is linear in the prompt.

Before: "def parse(text): …" read by a tool, and read again after another part of the file was changed
After:  "[40 lines left out here: they stand further below, from “def parse(text):” to “return rows”]"
"""

from __future__ import annotations

import zlib
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate, islice

from token_optimizer.models import Block, Kind
from token_optimizer.optimizer.markers import MarkedText, joined, lines_copy_marker, text_copy_marker
from token_optimizer.text_cache import TextCache, key_of

# Below this, a reference is about as long as what it replaces.
MIN_REFERENCE_CHARS = 200
MIN_RUN_CHARS = 400
# Any so many lines in a row have one among the chosen; a longer line is chosen by itself.
_WINDOW_LINES = 4
_LONG_LINE_CHARS = 300
# A line says something from so many characters on; brackets and blank lines stand everywhere.
_MIN_LINE_CHARS = 8
# Texts that share fewer chosen lines are not compared, nor those that could hold a text only in part.
_MIN_SHARED = 2
_MIN_SHARE = 0.5
# Texts that one text is compared with, and places where a line is looked for.
_MAX_SOURCES = 4
_MAX_PLACES = 4
_QUOTED_CHARS = 48
_NEVER = frozenset({Kind.CALL, Kind.SCHEMA, Kind.FRAMING, Kind.OPAQUE})
_WHOLE_ONLY = frozenset({Kind.JSON, Kind.EXAMPLES, Kind.TRANSCRIPT})
_CHOSEN: TextCache[frozenset[int]] = TextCache(5_000)


@dataclass(frozen=True, slots=True)
class Copy:
    """A block's text with references in it, and what it repeats, in the words of the trace."""

    text: MarkedText
    note: str


def references_to_copies(blocks: Sequence[Block], window: int) -> dict[str, Copy]:
    """What to write instead of each block that repeats another one at most `window` blocks away, by id."""
    may_refer = [at for at, block in enumerate(blocks) if not block.verbatim and _may_be_source(block)]
    if not may_refer:
        return {}
    standing = _Standing(blocks, window)
    asked = frozenset().union(*(_chosen_lines(blocks[at].content) for at in may_refer))
    first = max(0, may_refer[0] - window)
    for at, block in enumerate(blocks[first:], first):
        # Of a long conversation nearly all is closed, and shares nothing with what is new.
        if block.verbatim and _may_be_source(block) and not asked.isdisjoint(_chosen_lines(block.content)):
            standing.add(at, MarkedText.of(block))
    copies: dict[str, Copy] = {}
    for at in reversed(may_refer):
        copy = _copy_of(at, standing)
        if copy is not None:
            copies[blocks[at].id] = copy
        standing.add(at, MarkedText.of(blocks[at]) if copy is None else copy.text)
    return copies


@dataclass(slots=True)
class _Standing:
    """The texts that stay as they are, so that others may refer to them. `holder` has for each chosen line
    the text that was added last, which is the nearest one."""

    blocks: Sequence[Block]
    window: int
    texts: dict[int, MarkedText] = field(default_factory=dict)
    holder: dict[int, int] = field(default_factory=dict)

    def add(self, at: int, text: MarkedText) -> None:
        self.texts[at] = text
        self.holder.update(dict.fromkeys(_chosen_lines(text.text), at))

    def like(self, at: int) -> list[int]:
        """The texts within the window that share most chosen lines with this one; of equals the nearest.

        A long line counts twice: where it is the only one that is shared, it is worth a reference.
        """
        block = self.blocks[at]
        chosen = _chosen_lines(block.content)
        shared = Counter(map(self.holder.get, chosen))
        shared.update(self.holder.get(mark) for mark in chosen if mark < 0)
        least = len(chosen) * _MIN_SHARE if block.kind in _WHOLE_ONLY else min(len(chosen), _MIN_SHARED)
        near = [
            other
            for other, count in shared.items()
            if other is not None and count >= least and abs(other - at) <= self.window
        ]
        return sorted(near, key=lambda other: (-shared[other], abs(other - at), other))[:_MAX_SOURCES]


def _may_be_source(block: Block) -> bool:
    return len(block.content) >= MIN_REFERENCE_CHARS and block.kind not in _NEVER


def _copy_of(at: int, standing: _Standing) -> Copy | None:
    block = standing.blocks[at]
    sources = standing.like(at)
    if not sources:
        return None
    lines = _lines(MarkedText.of(block), "\0here")
    runs = _runs(lines, [(other, _lines(standing.texts[other], "\0there")) for other in sources])
    body = [number for number, line in enumerate(lines) if line]
    for run in runs:
        if body and run.start <= body[0] and run.end > body[-1]:
            return _whole(block, standing, run.source, len(lines), below=run.source > at)
    long = [run for run in runs if run.chars >= MIN_RUN_CHARS]
    return _partly(at, block, long, standing) if long and block.kind not in _WHOLE_ONLY else None


def _whole(block: Block, standing: _Standing, source: int, lines: int, *, below: bool) -> Copy:
    text = block.content
    begin = " ".join(text.split())[:_QUOTED_CHARS]
    marker = text_copy_marker(begin, lines, text, below=below)
    end = "\n" if text.endswith("\n") else ""
    return Copy(joined([marker, end]), f"the same text as {standing.blocks[source].id}")


def _partly(at: int, block: Block, runs: Sequence[_Run], standing: _Standing) -> Copy:
    text = MarkedText.of(block)
    lines = block.content.split("\n")
    starts = _starts(lines)
    parts: list[MarkedText | str] = []
    done = 0
    for run in runs:
        parts.append(text.part(starts[done], starts[run.start]))
        parts.append(_reference(lines[run.start : run.end], run.source > at))
        parts.append("\n" if run.end < len(lines) else "")
        done = run.end
    parts.append(text.part(starts[done], len(block.content)))
    count = sum(run.end - run.start for run in runs)
    others = list(dict.fromkeys(standing.blocks[run.source].id for run in runs))
    return Copy(joined(parts), f"{count} lines stand in {', '.join(others)}")


def _reference(lines: Sequence[str], below: bool) -> MarkedText:
    said = [line.strip()[:_QUOTED_CHARS] for line in lines if line.strip()]
    last = said[-1] if len(said) > 1 else ""
    text = "\n".join(lines)
    return lines_copy_marker(said[0], last, len(lines), text, below=below)


@dataclass(frozen=True, slots=True)
class _Run:
    """Lines `start` to `end` of a text, which stand in the block `source` too."""

    start: int
    end: int
    source: int
    chars: int


def _runs(lines: Sequence[str], sources: Sequence[tuple[int, Sequence[str]]]) -> list[_Run]:
    """The longest runs of lines that stand in one of the sources, none over another, in order."""
    places: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for index, (_, source) in enumerate(sources):
        for number, line in enumerate(source):
            if len(line) >= _MIN_LINE_CHARS and len(places[line]) < _MAX_PLACES:
                places[line].append((index, number))
    runs: list[_Run] = []
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


def _run(lines: Sequence[str], start: int, done: int, at: int, source: tuple[int, Sequence[str]]) -> _Run:
    """The lines around `start` that are those of the source around `at`; not before `done`, where the run
    before it ended, and without blank lines at the end."""
    number, others = source
    first, end, last = start, start, start
    while first > done and at - (start - first) > 0 and lines[first - 1] == others[at - (start - first) - 1]:
        first -= 1
    for line, other in zip(islice(lines, start, None), islice(others, at, None), strict=False):
        if line != other:
            break
        end += 1
        last = end if line else last
    return _Run(first, last, number, sum(map(len, lines[first:last])))


def _lines(text: MarkedText, marked: str) -> list[str]:
    """The lines of the text without the space at their ends; `marked` in the place of those with a marker,
    which stands for other text than the same words elsewhere."""
    lines = text.text.split("\n")
    starts = _starts(lines) if text.markers else []
    lines = [line.rstrip() for line in lines]
    for marker in text.markers:
        # A mark of repeats says all that it stands for.
        if marker.kind == "repeat":
            continue
        lines[bisect_right(starts, marker.start) - 1] = marked
    return lines


def _starts(lines: Sequence[str]) -> list[int]:
    """Where each of the lines starts, and where one behind them would."""
    return list(accumulate((len(line) + 1 for line in lines), initial=0))


def _chosen_lines(text: str) -> frozenset[int]:
    """The fingerprints of the lines that the text is known by, as they were chosen when it was first seen."""
    key = key_of(text, "copies")
    chosen = _CHOSEN.get(key)
    if chosen is None:
        chosen = _choose(text)
        _CHOSEN.put(key, chosen)
    return chosen


def _choose(text: str) -> frozenset[int]:
    lines = map(bytes.rstrip, text.encode("utf-8", "surrogatepass").split(b"\n"))
    said = [line for line in lines if len(line) >= _MIN_LINE_CHARS]
    # Unlike Python's own hash, the same in every process.
    prints = list(map(zlib.crc32, said))
    # Marks below 0 are those of long lines.
    long = (~mark for mark, line in zip(prints, said, strict=True) if len(line) >= _LONG_LINE_CHARS)
    chosen = frozenset(long)
    if len(prints) < _WINDOW_LINES:
        return chosen.union(prints)
    return chosen.union(map(min, *(prints[start:] for start in range(_WINDOW_LINES))))
