"""Reads the lines of a log: what marks one, what tells of an error, what a query asks for."""

from __future__ import annotations

import re

HINTS = (
    "error", "fatal", "crit", "severe", "emerg", "panic", "fail", "exception", "traceback", "caused by",
    "cannot", "could not", "unable to", "unhandled", "uncaught", "exit", "npm err", "segmentation fault",
    "core dumped", "out of memory", "oom", "alert", "[err", "<err", "=err", '"err"', "not ok", "✗", "✘", "❌",
)  # fmt: skip
_ALL_IS_WELL = r"(?!\s*[:=]\s*(?:0|none|null|nil|false|\"\"|'')\s*(?:[,;)\]}|]|$))"
ERROR = re.compile(
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
ERROR_LETTER = re.compile(
    rf"{_TIME_PREFIX}(?:E\s{{2,}}|E\d{{4}}\s|[EF]/\w|[\d:. -]{{10,40}}\s[EF]\s[\w.$-]{{1,60}}\s?:)"
)
TRACEBACK = re.compile(r"Traceback \(most recent call last\)")
INDENTED = re.compile(rf"{_TIME_PREFIX}\s+\S")
FRAME = re.compile(
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
_LONGEST_READ = 2_000


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


def is_error_line(line: str) -> bool:
    """Whether the line tells of an error; the start of a very long line decides."""
    return ERROR_LETTER.match(line) is not None or ERROR.search(line, 0, _LONGEST_READ) is not None


def asked_for(query: str) -> re.Pattern[str] | None:
    """A pattern for the names and words of the query; None where it has none that say something."""
    wanted = [re.escape(text) for text in (*names(query), *words(query))]
    return re.compile(rf"(?i)(?<!\w)(?:{'|'.join(wanted)})") if wanted else None


def names(query: str) -> list[str]:
    """Identifiers, numbers, paths and quoted strings of the query."""
    quoted = [match.group(1).strip() for match in _QUOTED.finditer(query)]
    bare = [match.group() for match in _NAME.finditer(query) if _LOOKS_LIKE_A_NAME.search(match.group())]
    return [name for name in dict.fromkeys(quoted + bare) if len(name) > 1]


def words(query: str) -> list[str]:
    """Words of the query that carry meaning, without their endings."""
    words = dict.fromkeys(word.lower() for word in _WORD.findall(query))
    return list(dict.fromkeys(_stem(word) for word in words if word not in _TOO_COMMON))


def _stem(word: str) -> str:
    stem = _SUFFIX.sub("", word)
    return stem if len(stem) >= 4 else word
