"""Finds what people paste into a message besides JSON and logs: transcripts, examples, code and output.

Each finder looks at the lines of a text and gives spans; what lies outside of them is the user's own prose.
A finder that is not sure finds nothing, since prose is the question and must stay as it is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from token_optimizer.models import Kind
from token_optimizer.optimizer.embedded.transcripts import transcript_span
from token_optimizer.optimizer.embedded.worked.examples import examples_in
from token_optimizer.text.cache import TextCache, key_of
from token_optimizer.text.lines import FENCE_MARKS, count_chars, count_letters, matches_at_lines

_SOURCES: TextCache[bool] = TextCache(4_096)

Found = tuple[int, int, Kind]
Line = tuple[int, int]

_DOCUMENT = re.compile(
    r"""(?mix)^[ \t]*(?:[#*_<-]{1,4}\ ?)?(?:
      (?:document|doc|passage|source|result|context|article|snippet|chunk|excerpt|page|reference|evidence)
        \ ?[\[(\#:]?\ ?(?P<a>\d{1,4})\b
    | \[(?P<b>\d{1,4})\][ ]\S
    )"""
)
_MAY_OPEN_DOCUMENT = re.compile(r"\n[ \t]*+(?:[#*_<-]{1,4} ?)?[dpsrcaeDPSRCAE\[]")
_MIN_DOCUMENTS = 3
# Shorter ones on the whole are a list.
_DOCUMENT_CHARS = 80
_MIN_LINES = 3
_BLANK = re.compile(r"\n[ \t]*\n+")
_NUMBERED = re.compile(r"[ \t]*(\d{1,6})(?:[:|\t→]|  ?(?=\S))")
_MIN_NUMBERED = 3
_NUMBERED_SHARE = 0.4
_OUTPUT = re.compile(
    r"""(?x)\s*(?:
      [\[(](?:[A-Z][\w ]*:|[x+*!-]\]|\d+[/%\]]|\d+\ more) | [-=*#~_]{3,}\s*$ | [$>%]\ | >>>\  | \S*[$#>]\s*$
    | (?:\w+[ ]){0,4}\w+:\s*\S*[/\\=(] | \w[\w.]*(?:Error|Exception|Warning)\b | [+-]\d | [{}()\[\];,]+\s*$
    | (?:[drwx-]{10}|total\ \d) | \S+[/.]\w+\S*\s*$ | \S+\s*[=:]{1,2}\s*\S+\s*$ | \S*/\S*/\S* | [\w.-]+\s*$
    | [A-Z][\w ]{2,30}:\ \S+\ (?:in|from)\ [/\\~] | at\ \S+\( | \#include | @@\  | diff\ --git
    | (?:[\w./%:,+-]+\s{2,}){1,}[\w./%:,+-]+\s*$
    )"""
)
_CODE = re.compile(
    r"\s*(?:def |class |import |from \S+ import |function |const |let |var |return\b|if .*[:{]$|for .*[:{]$"
    r"|else[:{]?$|try[:{]?$|\w[\w.\[\]\"']* [-+*/]?= \S|[\w.]+\(.*\)[;:]?$|[})\];]+$|@\w+)"
)
_SENTENCE = re.compile(r"\s*(?:[-*\d.)]+ )?[A-Z“\"'(]?[a-z’']+(?:[,;]? [\w’'“”\"()/`-]+){5,}")
# Words and the marks of sentences; what asks is never taken for output.
_SAID = re.compile(r"""\s*(?:[^\W\d_][\w'’-]*[,;:.!)"'”]{0,2}\s+){2,}|.*\?[\s"')]*$""")
# Indented, a comment, a value with its name, or with the end of a statement.
_SOURCE_LINE = re.compile(
    r"(?:[ ]{2,}|\t)\S|(?:#|//|/?\*|--|;)\s|[\w.\"'-]{1,60}[ \t]?[:=]|.*(?:[{}();,\[\]:]|[=|&\\])[ \t\r]*$"
)
_SOURCE_MARKS = "(){}[]=;:<>_"
_MIN_SOURCE_MARKS = 0.04
_SOURCE_SHARE = 0.6
_NESTED_SHARE = 0.25
_OUTPUT_SHARE = 0.7
_TERMINAL_SHARE = 0.3
_PROMPT = re.compile(r"\n\S{0,60}[$#%>][ \t]*\n?\Z")
_MIN_OUTPUT = 3
_SAMPLE_CHARS = 20_000
_TOLD_LINE_CHARS = 60
_TOLD_WORD_CHARS = 15
_MAX_MARKS = 0.03
_MACHINE_MARKS = b"{}[]();=<>|\\_$#+*"


def pasted_spans(text: str, least_chars: int) -> list[Found]:
    """Where pasted material stands, in order; each span begins and ends with a line."""
    if text.count("\n") < _MIN_LINES:
        return []
    lines = list(_lines(text))
    spans = _documents(text) or examples_in(text) or _transcript(text) or list(_output(text, lines))
    if spans and spans[-1][1] - spans[0][0] < least_chars:
        return []
    least = 0 if (spans and spans[-1][2] is Kind.DOCUMENT) or _PROMPT.search(text) else least_chars
    return [span for span in spans if span[1] - span[0] >= least]


def has_numbered_documents(text: str) -> bool:
    """Whether numbered documents stand in the text."""
    return bool(_documents(text))


def reads_as_prose(text: str) -> bool:
    """Whether the text is told in words, in any language, and not written for a machine."""
    marks = count_chars(text, _MACHINE_MARKS)
    letters = count_letters(text[:_SAMPLE_CHARS])
    filled = [line for line in text.splitlines() if line.strip()]
    told = [line for line in filled if _is_told(line)]
    return (
        marks < _MAX_MARKS * len(text)
        and letters > 0.6 * min(len(text), _SAMPLE_CHARS)
        and sum(map(len, told)) > 0.5 * len(text)
    )


def _is_told(line: str) -> bool:
    """Whether the line is a sentence, or is long and has its words apart where it is written in letters of
    English: a path or a key is one long word."""
    if _SENTENCE.match(line):
        return True
    has_words = not line.isascii() or line.count(" ") * _TOLD_WORD_CHARS >= len(line)
    return len(line) >= _TOLD_LINE_CHARS and has_words


def is_output(text: str) -> bool:
    """Whether the text is code or what a program printed, as far as its lines show."""
    filled = [line for line in text.splitlines()[:200] if line.strip()]
    if len(filled) < _MIN_OUTPUT:
        return False
    return _is_mostly_output(filled) or _is_numbered(filled)


def is_source(text: str) -> bool:
    """Whether the text is the source of a program or of a configuration, comments and docstrings included."""
    key = key_of(text, "source")
    known = _SOURCES.get(key)
    if known is None:
        known = _reads_as_source(text)
        _SOURCES.put(key, known)
    return known


def _reads_as_source(text: str) -> bool:
    filled = [line for line in text[:_SAMPLE_CHARS].split("\n") if line.strip()]
    # A guide to code holds more code than words, and says where it begins.
    if len(filled) < _MIN_OUTPUT or any(
        text.startswith(fence) or f"\n{fence}" in text for fence in FENCE_MARKS
    ):
        return False
    marks = sum(map("\n".join(filled).count, _SOURCE_MARKS))
    if marks < _MIN_SOURCE_MARKS * sum(map(len, filled)):
        return False
    written = sum(_SOURCE_LINE.match(line) is not None or _CODE.match(line) is not None for line in filled)
    return written >= _SOURCE_SHARE * len(filled)


def is_flat(text: str) -> bool:
    """Whether hardly a line is deeper than the others, or a statement: no program is written like that."""
    filled = [line for line in text[:_SAMPLE_CHARS].split("\n") if line.strip()]
    depths = Counter(len(line) - len(line.lstrip()) for line in filled)
    others = len(filled) - max(depths.values(), default=0)
    return others + sum(map(bool, map(_CODE.match, filled))) <= _NESTED_SHARE * len(filled)


def _lines(text: str) -> Iterator[Line]:
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield start, end
        start = end


def _documents(text: str) -> list[Found]:
    """Numbered documents, each to the next; the last ends with its paragraph: a question may follow."""
    found: list[re.Match[str]] = []
    for match in matches_at_lines(_DOCUMENT, _MAY_OPEN_DOCUMENT, text):
        if not found or _number(match) == _number(found[-1]) + 1:
            found.append(match)
    if len(found) < _MIN_DOCUMENTS:
        return []
    blank = _BLANK.search(text, found[-1].end())
    starts = [match.start() for match in found]
    ends = [*starts[1:], blank.end() if blank else len(text)]
    if ends[-1] - starts[0] < _DOCUMENT_CHARS * len(starts):
        return []
    return [(start, end, Kind.DOCUMENT) for start, end in zip(starts, ends, strict=True)]


def _number(match: re.Match[str]) -> int:
    return int(match.group("a") or match.group("b"))


def _transcript(text: str) -> list[Found]:
    span = transcript_span(text)
    return [(*span, Kind.TRANSCRIPT)] if span else []


def _output(text: str, lines: list[Line]) -> Iterator[Found]:
    """Runs of paragraphs that a program printed, without the lines at their ends that could be the user's."""
    for start, end in _output_runs(text, lines):
        run = [(start + begin, start + stop) for begin, stop in _lines(text[start:end])]
        printed = [line for line in run if not may_be_said(text[slice(*line)])]
        if printed:
            yield printed[0][0], printed[-1][1], Kind.CODE


def _output_runs(text: str, lines: list[Line]) -> Iterator[Line]:
    start: int | None = None
    end = 0
    # A terminal's text ends in its prompt.
    least = _TERMINAL_SHARE if _PROMPT.search(text) else _OUTPUT_SHARE
    for begin, stop in _output_paragraphs(text, lines):
        printed = [line for line in text[begin:stop].splitlines() if line.strip()]
        if _is_numbered(printed) or _output_share(printed) >= least:
            start, end = (begin if start is None else start), stop
        elif start is not None:
            yield start, end
            start = None
    if start is not None:
        yield start, end


def may_be_said(line: str) -> bool:
    """Whether the line could be what the user says of the output before or after it."""
    if not line.strip():
        return True
    return _SAID.match(line) is not None and not any(pattern.match(line) for pattern in (_OUTPUT, _CODE))


def _output_paragraphs(text: str, lines: list[Line]) -> Iterator[Line]:
    """Paragraphs by blank lines, broken as well where prose meets numbered lines."""
    start = 0
    numbered = False
    for begin, end in lines:
        line = text[begin:end]
        now = _NUMBERED.match(line) is not None
        if begin > start and line.strip() and now != numbered and not _joins(line):
            yield start, begin
            start = begin
        if line.strip():
            numbered = now
        elif end > start and line.strip() == "":
            yield start, end
            start = end
    if start < len(text):
        yield start, len(text)


def _joins(line: str) -> bool:
    return _OUTPUT.match(line) is not None


def _is_numbered(printed: list[str]) -> bool:
    numbers = [int(match.group(1)) for line in printed if (match := _NUMBERED.match(line))]
    rising = sum(b == a + 1 for a, b in pairwise(numbers))
    return rising >= _MIN_NUMBERED - 1 and len(numbers) >= _NUMBERED_SHARE * len(printed)


def _output_share(printed: list[str]) -> float:
    """The share of lines that look printed, less the share that reads as sentences."""
    return sum(_output_marks(printed)) / len(printed) if printed else 0.0


def _is_mostly_output(printed: list[str]) -> bool:
    """Whether that share is high enough, by as many lines as decide it."""
    left, wanted = len(printed), _OUTPUT_SHARE * len(printed)
    score = 0
    for mark in _output_marks(printed):
        score += mark
        left -= 1
        if score + left < wanted:
            return False
        if score - left >= wanted:
            return True
    return score >= wanted


def _output_marks(printed: list[str]) -> Iterator[int]:
    """For each line 1 where it looks printed, -1 where it reads as a sentence, 0 where neither."""
    repeated: set[tuple[str, ...]] | None = None
    for line in printed:
        if _CODE.match(line) or _OUTPUT.match(line):
            yield 1
        elif _SENTENCE.match(line):
            yield -1
        else:
            repeated = _repeated_openings(printed) if repeated is None else repeated
            yield int(_opening(line) in repeated)


def _repeated_openings(lines: list[str]) -> set[tuple[str, ...]]:
    counts = Counter(map(_opening, lines))
    return {opening for opening, count in counts.items() if count > 2 and opening[1:]}


def _opening(line: str) -> tuple[str, ...]:
    """The first two words."""
    return tuple(line.split(maxsplit=2)[:2])
