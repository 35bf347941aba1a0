"""Cuts a log to its errors with what surrounds them, its end, and the lines that the query asks for.

Kept lines are never altered and tracebacks stay whole; each cut leaves a marker with the exact number of
lines. A line is kept for what it says and where it stands, never for how common it is in a way that a cut
could turn round: so a second run finds nothing to cut.

Before: 2,000 lines of INFO around one of ERROR
After:  "[… 1,459 lines left out]", 30 lines, the error, 30 lines, "[… 399 lines left out]", 80 lines
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate, groupby, islice

from token_optimizer.text import token_counts

# A gap is cut only when it counts more tokens than any marker can.
_MARKER_TOKENS = 16
_WEIGHED_CHARS = 4_000
_MOST_LINES_OF_A_NAME = 200
_MOST_LINES_OF_A_WORD = 20

_MARKER = re.compile(r"\[… ([0-9,]{1,15}) lines? left out\]\r?")
# Only lines with one of these can be errors by what they say: finding them first is ten times faster.
_HINTS = (
    "error", "fatal", "crit", "severe", "emerg", "panic", "fail", "exception", "traceback", "caused by",
    "cannot", "could not", "unable to", "unhandled", "uncaught", "exit", "npm err", "segmentation fault",
    "core dumped", "out of memory", "oom", "alert", "[err", "<err", "=err", '"err"', "not ok", "✗", "✘", "❌",
)  # fmt: skip
_ALL_IS_WELL = r"(?!\s*[:=]\s*(?:0|none|null|nil|false|\"\"|'')\s*(?:[,;)\]}|]|$))"
_ERROR = re.compile(
    rf"""
    \b(?:ERROR|FATAL|CRITICAL|SEVERE|EMERG|EMERGENCY|PANIC|FAIL|FAILED|FAILURE)\b{_ALL_IS_WELL}
    | (?:^|[\s\[(<|"'=])(?i:error|fatal|critical|panic|fail|failed|failure)(?:\[\w+\]|\s[A-Z]+\d+)?[\])>"']?
      {_ALL_IS_WELL}\s?[:=]
    | [\[<(](?i:error|err|fatal|crit|critical|alert|emerg|panic)[\])>]
    | (?i:\b(?:level|severity|lvl)"?\s?[:=]\s?"?(?:error|err|fatal|crit|critical|alert|emerg|panic)\b)
    | \b(?:[A-Z]\w*)?(?:Exception|(?<=\w)Error)\b
    | \bTraceback\ \(most\ recent\ call\ last\)
    | ^\s*Caused\ by:
    | (?:^|[:\]|-]\s)(?i:failed|failure|cannot|could\ not|unable\ to|unhandled|uncaught)\b{_ALL_IS_WELL}
    | \b(?i:exit(?:ed)?(?:\ with)?(?:\ (?:code|status))?[\ :=]{{1,2}}[1-9]\d{{0,2}})\b
    | ::error\b | \bnpm\ ERR! | ^not\ ok\b | [✗✘❌]
    | (?i:segmentation\ fault|core\ dumped|out\ of\ memory|oom-?kill)
    """,
    re.VERBOSE,
)
_TIME_PREFIX = r"(?:\[?\d{4}-\d\d-\d\d[T ][\d:.,]+Z?\]?[ ]?+)?+"
# Levels of one letter: pytest, glog, logcat.
_ERROR_LETTER = re.compile(
    rf"{_TIME_PREFIX}(?:E\s{{2,}}|E\d{{4}}\s|[EF]/\w|[\d:. -]{{10,40}}\s[EF]\s[\w.$-]{{1,60}}\s?:)"
)
_TRACEBACK = re.compile(r"Traceback \(most recent call last\)")
_INDENTED = re.compile(rf"{_TIME_PREFIX}\s+\S")
_FRAME = re.compile(
    rf"{_TIME_PREFIX}(?:\s+(?:at|File|from|in|#\d+)\s|\s*\.\.\. \d+ more|\s*Caused by:|goroutine \d)"
)

_NAME = re.compile(r"[\w$][\w$.:/@#+-]*[\w$]")
_QUOTED = re.compile(r"[\"'`“]([^\"'`“”\n]{2,80})[\"'`”]")
_LOOKS_LIKE_A_NAME = re.compile(r"\d|[_/@#$]|\w[.:-]+\w|[a-z][A-Z]|^[A-Z]{2,}$")
_WORD = re.compile(r"[^\W\d_]{4,}")
_SUFFIX = re.compile(r"(?:ing|ed|es|s)$")
_TOO_COMMON = frozenset(
    [
        "about",
        "after",
        "again",
        "been",
        "before",
        "because",
        "cause",
        "caused",
        "cannot",
        "could",
        "does",
        "every",
        "explain",
        "fail",
        "failed",
        "failing",
        "failure",
        "find",
        "from",
        "give",
        "happen",
        "happened",
        "have",
        "into",
        "kind",
        "line",
        "lines",
        "list",
        "logs",
        "many",
        "message",
        "messages",
        "much",
        "occur",
        "occurred",
        "please",
        "reason",
        "report",
        "root",
        "show",
        "summarise",
        "summarize",
        "summary",
        "tell",
        "that",
        "their",
        "them",
        "then",
        "there",
        "these",
        "they",
        "this",
        "those",
        "were",
        "what",
        "when",
        "where",
        "which",
        "while",
        "will",
        "with",
        "would",
        "your",
        "error",
        "errors",
    ]
)

_STAMP = re.compile(
    r"""^[^\w\n]{0,3}(?:\w+[\s:|-]{1,3}){0,3}?\W{0,3}(?:
      \d{2,4}[-/.]\d{1,2}[-/.]\d{1,4}[T\s:-]\s?\d{1,2}:?\d{2}:?\d{2}
    | (?:[A-Z][a-z]{2},?\s)?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\w*\s+\d{1,2}\s
    | \d{2}[-.]\d{2}\s\d{2}:\d{2}:\d{2}
    | \d{1,2}:\d{2}:\d{2}\b
    | \d{6}\s\d{6}\s
    | \d{10}(?:\.\d+)?\s
    | [\d.:a-f]+\s-\s\S+\s\[\d{2}/\w{3}/\d{4}
    )""",
    re.VERBOSE,
)
_LEVEL = re.compile(
    r"\b(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL|CRITICAL|SEVERE)\b|\blevel=\w|^[VDIWEF]/\w"
    r"|\[(?:debug|info|notice|warn|warning|error)\]|##\[\w+\]|::(?:group|endgroup|error|warning)|\x1b\[\d*m"
)
_LEVEL_WITHIN_CHARS = 80
_SAMPLED_LINES = 60
_LEAST_LOG_LINES = 5
_LOG_SHARE = 0.6


def trim_logs(content: str, error_window: int, tail_lines: int, query: str | None = None) -> str:
    """The log without the lines that are neither near an error, nor at its end, nor asked for."""
    lines = content.split("\n")
    kept = bytearray(len(lines))
    lowered = _Text(content.lower())
    _keep_errors(lines, kept, error_window, lowered)
    if query:
        _keep_asked(_Text(content), lowered, kept, query)
    ending = 1 if lines[-1] == "" else 0
    kept[max(len(lines) - tail_lines - ending, 0) :] = b"\1" * min(tail_lines + ending, len(lines))
    return "\n".join(_with_markers(lines, kept)) if 0 in kept else content


def is_log(text: str) -> bool:
    """Whether most lines carry a time or a level, as far as a sample of them shows."""
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) < _LEAST_LOG_LINES:
        return False
    sample = lines[:: max(1, len(lines) // _SAMPLED_LINES)]
    marked = sum(is_log_line(line) for line in sample)
    return marked >= _LOG_SHARE * len(sample) and not _is_table(sample)


def is_log_line(line: str) -> bool:
    """Whether the line begins as logs do, with a time, or names a level near its start."""
    head = line[:_LEVEL_WITHIN_CHARS]
    return _STAMP.match(head) is not None or _LEVEL.search(head) is not None


def _is_table(lines: list[str]) -> bool:
    """Whether every line has the same two or more commas or tabs, as CSV does."""
    return any(
        len(counts) == 1 and max(counts) > 1
        for counts in ({line.count(mark) for line in lines} for mark in ",\t")
    )


class _Text:
    """A text that knows the line of each of its characters."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = list(accumulate((len(line) + 1 for line in text.split("\n")), initial=0))

    def lines_with(self, needle: str, *, at_word_start: bool = False) -> Iterator[int]:
        """The numbers of the lines that hold the needle, each once, in order."""
        at = self.text.find(needle)
        while at >= 0:
            if at_word_start and at > 0 and (self.text[at - 1].isalnum() or self.text[at - 1] == "_"):
                at = self.text.find(needle, at + 1)
                continue
            line = bisect_right(self.starts, at) - 1
            yield line
            at = self.text.find(needle, self.starts[line + 1])


def _keep_errors(lines: list[str], kept: bytearray, window: int, lowered: _Text) -> None:
    """Mark every error, the lines within the window, and the whole of a traceback."""
    hinted = {at for hint in _HINTS for at in lowered.lines_with(hint)}
    decided = 0  # the windows cover all that they will up to this line
    trace: re.Pattern[str] | None = None  # what a further line of the traceback looks like
    for at, line in enumerate(lines):
        is_error = _ERROR_LETTER.match(line) or (at in hinted and _ERROR.search(line))
        if is_error:
            start, decided = max(at - window, decided), min(at + window + 1, len(lines))
            kept[start:decided] = b"\1" * (decided - start)
        if trace is not None:
            inside = trace.match(line)
            if inside or trace is _INDENTED:  # a Python traceback ends with the line that names the error
                kept[at] = 1
            if inside:
                continue
            trace = None
        if is_error:
            trace = _INDENTED if _TRACEBACK.search(line) else _FRAME


def _keep_asked(text: _Text, lowered: _Text, kept: bytearray, query: str) -> None:
    """Mark the lines that hold a name of the query, or a word of it that is rare in the log."""
    for name in _names(query):
        for at in islice(text.lines_with(name, at_word_start=True), _MOST_LINES_OF_A_NAME):
            kept[at] = 1
    for word in _words(query):
        found = list(islice(lowered.lines_with(word, at_word_start=True), _MOST_LINES_OF_A_WORD + 1))
        if len(found) <= _MOST_LINES_OF_A_WORD:
            for at in found:
                kept[at] = 1


def _names(query: str) -> list[str]:
    """Identifiers, numbers, paths and quoted strings of the query."""
    quoted = [match.group(1).strip() for match in _QUOTED.finditer(query)]
    bare = [match.group() for match in _NAME.finditer(query) if _LOOKS_LIKE_A_NAME.search(match.group())]
    return [name for name in dict.fromkeys(quoted + bare) if len(name) > 1]


def _words(query: str) -> list[str]:
    """Words of the query that carry meaning, without their endings."""
    words = dict.fromkeys(word.lower() for word in _WORD.findall(query))
    return list(dict.fromkeys(_stem(word) for word in words if word not in _TOO_COMMON))


def _stem(word: str) -> str:
    stem = _SUFFIX.sub("", word)
    return stem if len(stem) >= 4 else word


def _with_markers(lines: list[str], kept: bytearray) -> list[str]:
    """The kept lines, and a marker for each run of others that is longer than the marker."""
    out: list[str] = []
    for keep, run in groupby(zip(kept, lines, strict=True), key=lambda pair: pair[0]):
        group = [line for _, line in run]
        out += group if keep or not _is_worth_cutting(group) else [_marker(group)]
    return out


def _is_worth_cutting(gap: list[str]) -> bool:
    if len(gap) < 2:
        return False
    text = "\n".join(gap[:_WEIGHED_CHARS])[:_WEIGHED_CHARS]
    return token_counts([text])[0] > _MARKER_TOKENS


def _marker(gap: list[str]) -> str:
    """A marker for the gap; the markers of an earlier cut in it count for the lines they stand for."""
    return f"[… {sum(_lines_meant(line) for line in gap):,} lines left out]"


def _lines_meant(line: str) -> int:
    marker = _MARKER.fullmatch(line)
    return int(marker.group(1).replace(",", "") or 0) if marker else 1
