"""What the lines of a log are worth: trouble first, then what the query asks for, then one of each pattern.

Each pattern of lines is a fact, and so is its family, so the first lines of a pattern are worth far more
than its hundredth. Lines that tell of trouble are worth something each, the more the rarer their pattern is,
and the last of a pattern tells when it ended. A traceback is one passage; a long one may lose its middle.
What says nothing new goes in runs, which also keeps the choice short for logs of a million lines.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import log2, sqrt

from token_optimizer.models import Marker, Passage, value_class
from token_optimizer.optimizer.logs.asked_times import lines_of_asked_times
from token_optimizer.optimizer.logs.entries import entry_ends
from token_optimizer.optimizer.logs.lines import LineFinder, name_parts, names, traces, words
from token_optimizer.optimizer.logs.outlines import lines_beside, lines_of_failures, values_end
from token_optimizer.optimizer.logs.patterns import Details, LogPattern, mine_patterns
from token_optimizer.optimizer.marked_text import MarkedText, joined
from token_optimizer.optimizer.markers import cut_marker
from token_optimizer.text.lines import line_starts, lines_of

# In the units of `Passage.value`.
_FAMILY = 1.0
_PATTERN = 0.4
_PLAIN = 0.1
_EACH_LINE = 0.05
_DETAIL = 0.7  # of what the pattern is worth
_LAST_LINE = 0.25
_FIRST_LINE = 0.1
_NEAR = 0.06
_BESIDE = 0.1
_FAILURE = 0.5
_END = 0.3
_NAME = 2.0
_WORD = 0.6

_NEAR_LINES = 3
_END_LINES = 8
# What is said more often than this is how the log always is, not what went wrong.
_FEW_LINES = 20
_ALARMING = 0.8
_USUAL_CHARS = 120
_RUN_LINES = 12
_RUN_CHARS = 1_200
_TRACE_CHARS = 3_000
_TRACE_PIECE_LINES = 8
_MIDDLE_SHARE = 0.1
_CAUSE = "Caused by"
# More than the floor of logs: however long a trace is, it says what went wrong.
_TRACE_CHAR = 0.002
# Lines alike are counted in a marker from so many on, where they warn or are such a share of the log.
_MANY_ALIKE = 10
_USUAL_SHARE = 0.1
_WARNING = 0.5
_SHORTEST_MARKER_CHARS = 20
_MAX_ASKED = 100
_NAME_SHARE = 0.1
# A name that more of the lines hold tells none of them from another.
_EVERYWHERE = 0.6


@dataclass(frozen=True, slots=True)
class _Log:
    """A log with what its lines are worth by themselves."""

    source: MarkedText
    lines: list[str]
    starts: list[int]
    patterns: list[LogPattern]
    families: Counter[str]
    values: list[float]
    facts: dict[str, dict[str, float]]
    details: Details
    speaks: bytearray  # 1 for the lines that say something
    entry_ends: dict[int, int]  # by the first line of each entry of several

    def repeats(self) -> Iterator[tuple[int, int]]:
        """The lines that say how often they stand in a row, each with how many more lines that is."""
        for marker in self.source.markers:
            if marker.kind == "repeat" and marker.unit == "line":
                yield bisect_right(self.starts, marker.start) - 1, marker.count - 1

    def is_marker(self, first: int, end: int) -> bool:
        """Whether these lines are nothing but markers."""
        return self.source.is_marker(self.starts[first], self.starts[end])


@value_class
class LogPassage(Passage):
    """A passage that knows which lines of which log it is, so that markers can count what is like them."""

    log: _Log = field(kw_only=True, repr=False, compare=False)
    lines: range = field(kw_only=True)


def keep_log_lines(text: MarkedText, passages: Sequence[Passage], kept: frozenset[int]) -> MarkedText:
    """The log with the kept passages, and a marker for each run of others, with the exact number of lines.

    After the first line of a pattern of which many are left out, the marker says how many.
    """
    whole = [passage for passage in passages if isinstance(passage, LogPassage)]
    if not whole:
        return text
    log = whole[0].log
    # A marker of an earlier cut goes into the one that stands for the lines around it.
    chosen = [
        whole[at] for at in sorted(kept) if not log.is_marker(whole[at].lines.start, whole[at].lines.stop)
    ]
    alike = _MoreAlike(log, chosen)
    out: list[MarkedText | str] = []
    at = 0
    for passage in chosen:
        out += _gap(log, at, passage.lines.start, alike)
        out.append(text.part(passage.start, passage.end))
        at = passage.lines.stop
    out += _gap(log, at, len(log.lines), alike)
    return joined(out)


class _MoreAlike:
    """Counts the lines that are left out of each family of patterns, and tells each count once."""

    def __init__(self, log: _Log, kept: Sequence[LogPassage]) -> None:
        self._log = log
        self._hidden = log.families.copy()
        self._hidden.subtract(log.patterns[at].family for passage in kept for at in passage.lines)
        for at, more in log.repeats():
            if not any(at in passage.lines for passage in kept):
                self._hidden[log.patterns[at].family] += more

    def than(self, at: int) -> int:
        """How many lines like this one are left out; 0 for few, and for those told of before."""
        pattern = self._log.patterns[at]
        hidden = self._hidden.pop(pattern.family, 0)
        usual = hidden > _USUAL_SHARE * len(self._log.lines)
        return hidden if hidden >= _MANY_ALIKE and (usual or pattern.alarm >= _WARNING) else 0


def _gap(log: _Log, first: int, end: int, alike: _MoreAlike) -> list[MarkedText | str]:
    """The marker for these lines; the lines themselves where they are shorter."""
    start, stop = log.starts[first], log.starts[end]
    if stop - start <= _SHORTEST_MARKER_CHARS:
        return [log.source.part(start, stop)]
    count = log.source.lines_meant(start, stop, end - first)
    # Nothing is like an empty line.
    more_alike = alike.than(first - 1) if first and not log.lines[first - 1].isspace() else 0
    gap = log.source.text[start:stop]
    marker = cut_marker("line", count, gap, more_alike)
    return [marker, "\n" if end < len(log.lines) or gap.endswith("\n") else ""]


def log_passages(text: str, query: str | None = None, markers: tuple[Marker, ...] = ()) -> list[Passage]:
    """The lines of the log, tracebacks whole, each with what it is worth."""
    lines = lines_of(text)
    starts = line_starts(lines)
    log = _weighed(MarkedText(text, markers), lines, starts)
    _weigh_asked(log, text, query or "")
    passages: list[Passage] = []
    at = 0
    for first, end in traces(lines, LineFinder(text, starts)):
        passages += _lines(log, at, first)
        passages += _trace(log, first, end)
        at = end
    passages += _lines(log, at, len(lines))
    return passages


def _weighed(source: MarkedText, lines: list[str], starts: list[int]) -> _Log:
    patterns = mine_patterns(lines)
    counts = Counter([pattern.text for pattern in patterns])
    by_text = {pattern.text: pattern for pattern in patterns}
    families: Counter[str] = Counter()
    for pattern in by_text.values():
        families[pattern.family] += counts[pattern.text]
    facts = {pattern.text: _facts(pattern, counts, families) for pattern in by_text.values()}
    values, speaks = [0.0] * len(lines), bytearray(len(lines))
    log = _Log(source, lines, starts, patterns, families, values, facts, Details(), speaks, entry_ends(lines))
    _weigh_patterns(log, counts)
    _weigh_surroundings(log, counts)
    for marker in source.markers:
        at = bisect_right(starts, marker.start) - 1
        if log.is_marker(at, at + 1):
            log.values[at], log.speaks[at] = 0.0, 0
    return log


def _facts(pattern: LogPattern, counts: Counter[str], families: Counter[str]) -> dict[str, float]:
    size = sqrt(min(max(len(pattern.text) / _USUAL_CHARS, 0.5), 4.0))
    often = 1 + 0.12 * log2(families[pattern.family])
    family = (pattern.alarm * _FAMILY + _PLAIN) * size / often
    alike = (pattern.alarm * _PATTERN + _PLAIN / 3) * size / (1 + 0.12 * log2(counts[pattern.text]))
    return {f"family {pattern.family}": family, f"pattern {pattern.text}": alike}


def _weigh_patterns(log: _Log, counts: Counter[str]) -> None:
    """The first and the last line of each pattern speak, and every line that alarms."""
    last: dict[str, int] = {}
    for at, pattern in enumerate(log.patterns):
        first = pattern.text not in last
        last[pattern.text] = at
        if pattern.alarm:
            few = 1 / (1 + counts[pattern.text] / _FEW_LINES)
            log.values[at] += pattern.alarm * (_EACH_LINE * few + _FIRST_LINE * first)
        if first or pattern.alarm:
            log.speaks[at] = 1
    for at in last.values():
        pattern = log.patterns[at]
        if pattern.alarm and counts[pattern.text] > 1:
            log.values[at] += _LAST_LINE * pattern.alarm


def _weigh_surroundings(log: _Log, counts: Counter[str]) -> None:
    total = len(log.lines)
    for at, pattern in enumerate(log.patterns):
        if pattern.alarm >= _ALARMING and counts[pattern.text] <= _FEW_LINES:
            for near in range(max(0, at - _NEAR_LINES), min(total, at + _NEAR_LINES + 1)):
                log.values[near] += _NEAR / (1 + abs(near - at))
                log.speaks[near] = 1
            for beside in lines_beside(log.lines, at):
                log.values[beside] += _BESIDE
                log.speaks[beside] = 1
    for at in lines_of_failures(log.lines):
        log.values[at] += _FAILURE
        log.speaks[at] = 1
    for back in range(1, min(_END_LINES, total) + 1):
        log.values[total - back] += _END / back
        log.speaks[total - back] = 1


def _weigh_asked(log: _Log, text: str, query: str) -> None:
    """Lines that hold a name of the query, or a word of it that is rare in the log; or the time that it asks
    for."""
    _add(log, lines_of_asked_times(log.lines, query), _NAME)
    wanted_names, wanted_words = names(query)[:_MAX_ASKED], words(query)[:_MAX_ASKED]
    if not (wanted_names or wanted_words):
        return
    lowered = text.lower()
    finder = LineFinder(lowered, line_starts(lines_of(lowered)))
    for name in wanted_names:
        found = _lines_with(finder, name) or [
            line for part in name_parts(name) for line in _lines_with(finder, part)
        ]
        if len(found) <= _EVERYWHERE * len(log.lines):
            _add(log, found, _NAME * min(1.0, _name_lines(log) / max(len(found), 1)))
    for word in wanted_words:
        found = _lines_with(finder, word)
        if len(found) <= _name_lines(log):
            _add(log, found, _WORD / (1 + len(found) / _FEW_LINES))


def _lines_with(finder: LineFinder, wanted: str) -> list[int]:
    return list(finder.lines_with(wanted.lower(), at_word_start=True))


def _name_lines(log: _Log) -> float:
    """What more lines hold than this is everywhere in the log, and asks for none of them."""
    return max(_FEW_LINES, _NAME_SHARE * len(log.lines))


def _add(log: _Log, lines: list[int], value: float) -> None:
    for at in lines:
        log.values[at] += value
        log.speaks[at] = 1


def _passage(log: _Log, first: int, end: int, value: float, facts: dict[str, float]) -> LogPassage:
    return LogPassage(log.starts[first], log.starts[end], value, facts, log=log, lines=range(first, end))


def _lines(log: _Log, first: int, end: int) -> Iterator[LogPassage]:
    """A passage for each line that speaks, with the few values that it opens, and one for each run of
    others."""
    at = first
    while at < end:
        if _speaks(log, at):
            stop = min(end, log.entry_ends.get(at) or values_end(log.lines, at))
            yield _passage(log, at, stop, max(log.values[at:stop]), _facts_of_lines(log, at, stop))
            at = stop
            continue
        stop = at + 1
        while stop < min(end, at + _RUN_LINES) and not _speaks(log, stop):
            if log.starts[stop + 1] - log.starts[at] > _RUN_CHARS:
                break
            stop += 1
        yield _passage(log, at, stop, 0.0, {})
        at = stop


def _speaks(log: _Log, at: int) -> bool:
    """Whether the line says something, or one of the entry that it opens."""
    return any(log.speaks[at : log.entry_ends.get(at, at + 1)])


def _facts_of_lines(log: _Log, first: int, end: int) -> dict[str, float]:
    """What these lines say, and what those of them name that alarm."""
    facts: dict[str, float] = {}
    for at in range(first, end):
        facts |= log.facts[log.patterns[at].text]
        if log.patterns[at].alarm:
            facts |= _detail(log, at)
    return facts


def _detail(log: _Log, at: int) -> dict[str, float]:
    """What the line names, as a fact: the same trouble on another host or in another file is news."""
    pattern = log.patterns[at]
    named = log.details.of_line(log.lines[at])
    if not named:
        return {}
    return {f"detail {pattern.text} {named}": log.facts[pattern.text][f"pattern {pattern.text}"] * _DETAIL}


def _trace(log: _Log, first: int, end: int) -> Iterator[LogPassage]:
    """A traceback as one passage; a long one as its head, its middle in pieces, its causes and its end."""
    bounds = _trace_bounds(log, first, end)
    telling = [_CAUSE in log.lines[at] or at == first or stop == end for at, stop in pairwise(bounds)]
    opening = log.patterns[first]
    is_rare = opening.alarm >= _ALARMING and log.families[opening.family] <= _FEW_LINES
    sizes = (log.starts[stop] - log.starts[at] for at, stop in pairwise(bounds))
    most = max(size for size, tells in zip(sizes, telling, strict=True) if tells)
    worth = max(log.values[first:end])
    for (at, stop), tells in zip(pairwise(bounds), telling, strict=True):
        facts = {**log.facts[log.patterns[at].text], **log.facts[log.patterns[stop - 1].text]}
        value = worth + _TRACE_CHAR * is_rare * most if tells else worth * _MIDDLE_SHARE
        yield _passage(log, at, stop, value, facts if tells else {})


def _trace_bounds(log: _Log, first: int, end: int) -> list[int]:
    """Where the pieces of a traceback begin, and its end."""
    if log.starts[end] - log.starts[first] <= _TRACE_CHARS:
        return [first, end]
    bounds = [first]
    for at in range(first + 1, end - _TRACE_PIECE_LINES):
        if at - bounds[-1] >= _TRACE_PIECE_LINES or _CAUSE in log.lines[at]:
            bounds.append(at)
    return [*bounds, max(bounds[-1] + 1, end - _TRACE_PIECE_LINES), end]
