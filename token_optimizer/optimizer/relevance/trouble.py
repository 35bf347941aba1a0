"""What tells of an error in a line, of a log or of a program's output.

Before: "2026-05-04T10:07:31Z ERROR worker lost its lease", "exit code 1", "Caused by: TimeoutError"
After:  these are errors; "0 errors", "error: none" and "the error page" are not
"""

from __future__ import annotations

import re

# Only lines with one of these can be errors by what they say: finding them first is ten times faster.
HINTS = (
    "error", "fatal", "crit", "severe", "emerg", "panic", "fail", "exception", "traceback", "caused by",
    "cannot", "could not", "unable to", "unhandled", "uncaught", "exit", "npm err", "segmentation fault",
    "core dumped", "out of memory", "oom", "alert", "[err", "<err", "=err", '"err"', "not ok", "✗", "✘", "❌",
    "warning  ",
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
    | ^\s*Caused\ by: | ^\s{{0,8}}Warning\ {{2,}}\S
    | (?:^|[:\]|-]\s)(?i:failed|failure|cannot|could\ not|unable\ to|unhandled|uncaught)\b{_ALL_IS_WELL}
    | \b(?i:exit(?:ed)?(?:\ with)?(?:\ (?:code|status))?[\ :=]{{1,2}}[1-9]\d{{0,2}})\b
    | ::error\b | \bnpm\ ERR! | ^not\ ok\b | [✗✘❌]
    | (?i:segmentation\ fault|core\ dumped|out\ of\ memory|oom-?kill)
    """,
    re.VERBOSE,
)
TIME_PREFIX = r"(?:\[?\d{4}-\d\d-\d\d[T ][\d:.,]+Z?\]?[ ]?+)?+"
# Levels of one letter: pytest, glog, logcat.
ERROR_LETTER = re.compile(
    rf"{TIME_PREFIX}(?:E\s{{2,}}|E\d{{4}}\s|[EF]/\w|[\d:. -]{{10,40}}\s[EF]\s[\w.$-]{{1,60}}\s?:)"
)
_LONGEST_READ = 2_000
# No line without one of these is an error by what it says; the pattern takes ten times as long to see that.
_MAY_TELL = ("err", *(hint for hint in HINTS if "err" not in hint))


def is_error_line(line: str) -> bool:
    """Whether the line tells of an error; the start of a very long line decides."""
    if ERROR_LETTER.match(line):
        return True
    said = line[:_LONGEST_READ].lower()
    return any(map(said.__contains__, _MAY_TELL)) and ERROR.search(line, 0, _LONGEST_READ) is not None
