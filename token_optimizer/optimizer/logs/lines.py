"""Reads the lines of a log: what marks one, where tracebacks stand, what a query asks for."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import filterfalse, islice, pairwise
from math import ceil

from token_optimizer.optimizer.logs.entries import is_of_entries
from token_optimizer.optimizer.logs.patterns import has_few_patterns, has_few_shapes, pattern_texts
from token_optimizer.optimizer.logs.stamps import is_stamped
from token_optimizer.optimizer.relevance.trouble import TIME_PREFIX
from token_optimizer.optimizer.relevance.words import FUNCTION_WORDS
from token_optimizer.text.lines import are_at_least
from token_optimizer.text.tables import has_level_column, separator_of

TRACEBACK = re.compile(r"Traceback \(most recent call last\)")
INDENTED = re.compile(rf"{TIME_PREFIX}\s+\S")
FRAME = re.compile(
    rf"{TIME_PREFIX}(?:\s+(?:at|File|from|in|#\d+)\s|\s*\.\.\. \d+ more|\s*Caused by:|goroutine \d)"
)
_PYTHON_TRACE = "Traceback (most recent call last)"
_TRACE_HINTS = (_PYTHON_TRACE, "\tat ", "  at ", 'File "', "Caused by: ", "goroutine ", "#0 ")
_PANIC = re.compile(r"(?:panic|fatal error):")
_MAX_ABOVE_GOROUTINE = 6
_FRAME_LINE = re.compile(
    r"""(?:^|[\s|])(?:
      at\ [\w$.<>/\[\]-][\w$.<>/\[\]\ -]{0,200}\( | at\ \S{1,300}:\d+:\d | File\ "[^"\n]{1,300}",\ line\ \d
    | \#\d+\s+(?:0x|[\w<(]) | \.\.\.\ \d+\ (?:more|common)\b | Caused\ by:\  | goroutine\ \d+\ \[
    | \S{1,300}\.go:\d+\ \+0x)""",
    re.VERBOSE,
)

_NAME = re.compile(r"[\w$](?:[\w$.:/@#+-]|\[\w+\]|\(\w+\))*")
_NAME_PART = re.compile(r"\w+")
_QUOTED = re.compile(r"[\"'`“]([^\"'`“”\n]{2,80})[\"'`”]")
_LOOKS_LIKE_A_NAME = re.compile(r"\d|[_/@#$]|\w[.:-]+\w|[a-z][A-Z]|^[A-Z]{2,}$")
_WORD = re.compile(r"[^\W\d_]{4,}")
_SUFFIX = re.compile(r"(?:ing|ed|es|s)$")
_TOO_COMMON = FUNCTION_WORDS.union((
    "again", "analyse", "analysis", "analyze", "anomalies", "anomaly", "anything", "between", "break",
    "broke", "broken", "build", "cannot", "cause", "caused", "concerning", "crash", "crashed", "diagnose",
    "during", "each", "entries", "entry", "error", "errors", "event", "events", "every", "everything",
    "exactly", "explain", "fail", "failed", "failing", "failure", "find", "first", "found", "given",
    "goes", "gone", "happen", "happened", "happening", "happens", "here", "identify", "investigate",
    "issue", "issues", "jobs", "kept", "know", "last", "line", "lines", "list", "logs", "look", "looking",
    "made", "main", "make", "makes", "making", "many", "message", "messages", "need", "needs", "occur",
    "occurred", "other", "output", "problem", "problems", "quote", "quoted", "reason", "regarding",
    "related", "report", "root", "same", "show", "shown", "shows", "something", "summarise", "summarize",
    "summary", "text", "through", "used", "using", "want", "well", "went", "whole", "wrong",
))  # fmt: skip

_LEVEL_WORDS = (
    "TRACE", "DEBUG", "INFO", "NOTICE", "WARN", "WARNING", "ERROR", "FATAL", "CRITICAL", "SEVERE", "level=",
)  # fmt: skip
# Each alternative opens with a letter, so that a search looks at the places alone where one of them stands.
_LEVEL = re.compile(
    "|".join(
        [
            r"\"(?:log|level|levelname|log_?level|severity|severityText|lvl|ts|time|timestamp|@timestamp|eventTime"
            r"|Timestamp|Level|PRIORITY|__REALTIME_TIMESTAMP)\"\s?:",
            *(rf"{word[0]}(?<!\w{word[0]}){word[1:]}(?:\b|(?<==)\w)" for word in _LEVEL_WORDS),
            r"\[(?:debug|info|notice|warn|warning|error)\]",
            r"##\[\w+\]",
            "::(?:group|endgroup|error|warning)",
            r"\x1b\[\d*m",
        ]
    )
)
_LETTER_LEVEL = re.compile(r"[VDIWEF]/\w")
_DIGIT = re.compile(r"\d")
# What package managers, compilers and test runners write without a time or a level.
_BUILD = re.compile(
    r"""\s{0,12}(?:\x1b\[[\d;]*[mK])*(?:
      (?:Compiling|Checking|Download(?:ing|ed)|Install(?:ing|ed)|Fetch(?:ing|ed)|Collecting|Resolving|Unpacking
        |Preparing|Building|Linking|Generating|Processing|Uploading|Pulling|Extracting|Get:\d+|Setting\ up
        |Clean(?:ing|ed)|Restor(?:ing|ed)|Remov(?:ing|ed)|Delet(?:ing|ed)|Stopp(?:ing|ed)|Cancel(?:l?ing|l?ed)
        |Requirement\ already|CompileC|CompileSwift|SwiftCompile|CodeSign|ProcessInfoPlistFile)\b
    | (?:npm|yarn|pnpm|go|make\[\d+\]|gmake|cc|gcc|g\+\+|clang|CC|CXX|AR|LD)
      (?::|\s+(?:WARN|ERR!|notice|http|warn|-|\S+\.))
    | >\ (?:Task|Configure|Transform)\b | \[\s*\d+%\] | \[[\d,]+\ ?/\ ?[\d,]+\] | \[Pipeline\]\s
    | Step\ \d+/\d+ | \#\d+\s
    | (?:PASS|FAIL|ok|not\ ok|XFAIL|SKIP|RUNS)[:\s] | ---\ (?:PASS|FAIL|SKIP) | ===\ (?:RUN|CONT|PAUSE|NAME)
    | test\ \S+\ \.\.\.\ | \S+(?:::|\.py\b).{0,200}\b(?:PASSED|FAILED|SKIPPED|ERROR|\[\s*\d+%\])
    | [✓✔✕✗✘√×]\s | section_(?:start|end): | \S+:\d+:\d+:\ (?:warning|error|note):
    )""",
    re.VERBOSE,
)
# What linters, compilers and test runners write, and hardly anything else: a few of them mark a build.
_VERDICT = re.compile(
    r"""(?:\x1b\[[\d;]*m)*(?:\[[^\]\n]{1,12}\]\s){0,3}(?:
      \S{1,200}?(?:::|\.py\b|\.[jt]sx?\b)\S{0,200}\s+(?:\x1b\[[\d;]*m)*(?:PASSED|FAILED|SKIPPED|XFAIL|ERROR)\b
    | (?:FAILED|ERROR|PASSED)\ \S+(?:::|\.\w{1,4}\b)
    | ={3,}\ (?:test\ session|FAILURES|ERRORS|warnings\ summary|short\ test
      |.{0,100}\b(?:passed|failed|skipped|errors?)\b).{0,200}\ ={3,}$
    | [\w./\\-]+\.\w{1,5}(?::\d+){1,2}:\ (?:fatal\ )?(?:error|warning|note|[A-Z]{1,4}\d{3,4})\b
    | [\w./\\-]+\.\w{1,5}\(\d+,\d+\):\ (?:error|warning)\b | \s{0,6}-->\ \S+:\d+:\d+$
    | (?:error|warning)\[[A-Z]\d{4}\]: | [A-Z]{1,4}\d{3,4}\ (?:\[\*\]\ |`)
    | \#\#\[\w+\] | ::(?:error|warning|group|endgroup)\b | npm\ ERR! | make(?:\[\d+\])?:\ \*\*\*
    | ---\ (?:PASS|FAIL|SKIP):\ | Found\ \d+\ (?:errors?|warnings?|problems?)\b
    | BUILD\ (?:FAILED|SUCCESSFUL)\b
    )""",
    re.VERBOSE,
)
_MIN_VERDICTS = 4
_VERDICT_SHARE = 0.02
_VERDICTS_AMONG_LINES = 400
_VERDICT_WITHIN_CHARS = 400
_LEVEL_WITHIN_CHARS = 80
_SAMPLED_LINES = 60
# Places that differ by this share of a step fall on no period.
_GOLDEN = 0.618
# So many lines of one mind decide it: where six in ten are log lines, none of twelve is once in 60,000 times.
_DECIDING_LINES = 12
MIN_LOG_LINES = 5
_LOG_SHARE = 0.6
_MIN_ALIKE_LINES = 20
_MAX_COMPARED_LINES = 120
_PATTERN_SHARE = 0.25
_FIRST_PATTERN_SHARE = 0.75
_WORDED_SHARE = 0.4
_LISTED_SHARE = 0.5
_PROGRESS_SHARE = 0.9
_MIN_STEPS = 5
_PERCENT = re.compile(r"\b(\d{1,3}(?:\.\d{1,3})?)\s?%")
# A line of a diff or a table, a value, a setting, a statement, a file of a listing, a hit of a search.
_LISTED = re.compile(
    r"""\s{0,40}(?:[+|<{}\[\]"']|-(?!>)|[-dlbcps][rwx-]{9}|(?:-\ )?[\w."'-]{1,60}\s?[:=](?:\s*\S+)?\s*$
      |\S{1,200}?[:-]\d+[:-]\s*\S|.*[;{},]\s*$)""",
    re.VERBOSE,
)
_LONGEST_READ = 2_000
_FRAME_WITHIN_CHARS = 400


def is_log(text: str) -> bool:
    """Whether most lines carry a time or a level, as far as a sample of them shows, or a build wrote them."""
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) < MIN_LOG_LINES:
        return False
    sample = _sampled(lines, _SAMPLED_LINES)
    is_logged = _is_mostly_logged(sample) or is_of_entries(lines, is_frame)
    return (is_logged and not _is_table(sample)) or _is_of_a_build(lines) or _is_export(lines)


def _sampled(lines: Sequence[str], count: int) -> Sequence[str]:
    """So many of the lines from all over the text, at distances that differ: what comes back every few lines
    has the share of them that it has of the text."""
    if len(lines) <= count:
        return lines
    step = len(lines) / count
    return [lines[int((at + at * _GOLDEN % 1) * step)] for at in range(count)]


def _is_export(lines: list[str]) -> bool:
    """Whether the lines are a log written as a table."""
    mark = separator_of(lines[:_SAMPLED_LINES], _LOG_SHARE)
    return mark is not None and has_level_column(lines, mark)


def is_report(text: str) -> bool:
    """Whether a program's output reports one thing after another, in lines of few patterns.

    Lists of values, listings of files, searches, settings and diffs are not meant, though alike.
    """
    sample = [line for line in text.split("\n") if line.strip()][:_MAX_COMPARED_LINES]
    if len(sample) < _MIN_ALIKE_LINES:
        return False
    # Most texts are unlike a report from their first lines on, and few are read any further.
    wanted = ((sample[:_MIN_ALIKE_LINES], _FIRST_PATTERN_SHARE), (sample, _PATTERN_SHARE))
    if not all(has_few_shapes(*lines) for lines in wanted):
        return False
    if not all(has_few_patterns(*lines) for lines in wanted):
        return False
    texts = pattern_texts(sample)
    worded = len(texts) if _is_progress(sample) else sum(_WORD.search(text) is not None for text in texts)
    listed = sum(_LISTED.match(line) is not None for line in sample)
    if _is_table(sample):
        return False
    return worded >= _WORDED_SHARE * len(sample) and listed <= _LISTED_SHARE * len(sample)


def _is_progress(sample: list[str]) -> bool:
    """Whether the lines tell how far something is, in percent: it goes on, and hardly ever back."""
    shares = [float(found.group(1)) for line in sample if (found := _PERCENT.search(line))]
    goes_back = sum(after < before for before, after in pairwise(shares))
    goes_on = len(set(shares)) >= _MIN_STEPS and goes_back <= (1 - _PROGRESS_SHARE) * len(sample)
    return goes_on and len(shares) >= _PROGRESS_SHARE * len(sample)


def _is_mostly_logged(sample: Sequence[str]) -> bool:
    if len(sample) > 2 * _DECIDING_LINES:
        first = {is_log_line(line) for line in _sampled(sample, _DECIDING_LINES)}
        if len(first) == 1:
            return first.pop()
    most_others = len(sample) - ceil(_LOG_SHARE * len(sample))
    others = islice(filterfalse(is_log_line, sample), most_others + 1)
    return sum(1 for _ in others) <= most_others


def _is_of_a_build(lines: list[str]) -> bool:
    """Whether some lines are verdicts of a build's tools; between them may stand anything that it printed."""
    sample = _sampled(lines, _VERDICTS_AMONG_LINES)
    wanted = max(_MIN_VERDICTS, ceil(_VERDICT_SHARE * len(sample)))
    verdicts = (line for line in sample if _VERDICT.match(line, 0, _VERDICT_WITHIN_CHARS))
    return are_at_least(verdicts, wanted)


def is_log_line(line: str) -> bool:
    """Whether the line begins as logs do, with a time or what build tools write, or names a level soon."""
    head = line[:_LEVEL_WITHIN_CHARS]
    if is_stamped(line) or _LETTER_LEVEL.match(head) or _LEVEL.search(head):
        return True
    return _BUILD.match(line, 0, _LONGEST_READ) is not None


def _is_table(lines: Sequence[str]) -> bool:
    """Whether every line has the same two or more separators, as CSV does, and no level of a log in one
    column; JSON is none."""
    if lines[0].lstrip().startswith("{"):
        return False
    mark = separator_of(lines, 1.0)
    return mark is not None and not has_level_column(lines, mark)


def names(query: str) -> list[str]:
    """Identifiers, numbers, paths and quoted strings of the query."""
    quoted = [match.group(1).strip() for match in _QUOTED.finditer(query)]
    bare = [match.group().rstrip(".:/@#+-") for match in _NAME.finditer(query)]
    named = [name for name in bare if _LOOKS_LIKE_A_NAME.search(name)]
    return [name for name in dict.fromkeys(quoted + named) if len(name) > 1]


def name_parts(name: str) -> list[str]:
    """The numbers and ids within a name, for a log that writes it in another way."""
    return [
        part for part in _NAME_PART.findall(name) if len(part) > 2 and part != name and _DIGIT.search(part)
    ]


def words(query: str) -> list[str]:
    """Words of the query that carry meaning, without their endings."""
    words = dict.fromkeys(word.lower() for word in _WORD.findall(query))
    return list(dict.fromkeys(_stem(word) for word in words if word not in _TOO_COMMON))


def _stem(word: str) -> str:
    stem = _SUFFIX.sub("", word)
    return stem if len(stem) >= 4 else word


class LineFinder:
    """Finds the lines of a text that hold a string: `starts` are where its lines start, and its end."""

    def __init__(self, text: str, starts: Sequence[int]) -> None:
        self._text = text
        self._starts = starts

    def lines_with(self, needle: str, *, at_word_start: bool = False) -> Iterator[int]:
        """The numbers of the lines that hold the needle, each once, in order.

        At the start of a word only where asked for; a number is never the beginning of a longer one.
        """
        text = self._text
        at = text.find(needle)
        while at >= 0:
            if at_word_start and not _stands_alone(text, at, at + len(needle)):
                at = text.find(needle, at + 1)
                continue
            line = bisect_right(self._starts, at) - 1
            yield line
            at = text.find(needle, self._starts[line + 1])


def _stands_alone(text: str, start: int, end: int) -> bool:
    if start and (text[start - 1].isalnum() or text[start - 1] == "_"):
        return False
    return not (text[end - 1].isdigit() and text[end : end + 1].isdigit())


def traces(lines: Sequence[str], finder: LineFinder) -> Iterator[tuple[int, int]]:
    """Where the tracebacks stand: the first line of each, and the line after its last one."""
    end = 0
    for at in sorted({line for hint in _TRACE_HINTS for line in finder.lines_with(hint)}):
        if at < end:
            continue
        first, column = at, lines[at].find(_PYTHON_TRACE)
        if column >= 0:
            stop = _end_of_indented(lines, at + 1, column)
        else:
            first, stop = max(_start_of_trace(lines, at), end), _end_of_frames(lines, at)
        if stop - first > 2:
            yield first, stop
            end = stop


def _start_of_trace(lines: Sequence[str], at: int) -> int:
    """The line that says what happened, above the first frame; in Go a blank line may stand between."""
    above = range(at - 1, max(-1, at - _MAX_ABOVE_GOROUTINE), -1) if "goroutine " in lines[at] else ()
    for number in above:
        if _PANIC.match(lines[number]):
            return number
    return at - 1


def is_frame(line: str) -> bool:
    """Whether the line is a frame of a stack trace, or opens one."""
    return TRACEBACK.search(line) is not None or _FRAME_LINE.search(line, 0, _FRAME_WITHIN_CHARS) is not None


def is_verdict(line: str) -> bool:
    """Whether a linter, a compiler or a test runner wrote the line."""
    return _VERDICT.match(line, 0, _VERDICT_WITHIN_CHARS) is not None


def _end_of_indented(lines: Sequence[str], at: int, column: int) -> int:
    """The line after the one that names the error: the first that is not indented at the column."""
    while at < len(lines) and lines[at][column : column + 1] in (" ", "\t"):
        at += 1
    return min(at + 1, len(lines))


def _end_of_frames(lines: Sequence[str], at: int) -> int:
    """The line after the last frame; one other line may stand between two frames, such as source code."""
    end = at
    while at < len(lines) and at <= end + 1:
        if _FRAME_LINE.search(lines[at], 0, _FRAME_WITHIN_CHARS):
            end = at + 1
        at += 1
    return end
