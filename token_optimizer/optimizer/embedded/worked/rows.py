"""Finds worked examples in rows without labels: what is given, a mark, and an answer that the last row lacks.

Before: "rose -> plant\\ntrout -> animal\\noak -> plant\\nlynx ->"
After:  the first three rows are examples, "lynx ->" is what is asked
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import NamedTuple

from token_optimizer.optimizer.embedded.question.asking import Role, asks, label_role
from token_optimizer.optimizer.embedded.question.sections import SHORT_CHARS
from token_optimizer.optimizer.embedded.worked.last import BLANK
from token_optimizer.text.line_numbers import has_counted_lines
from token_optimizer.text.lines import line_spans

Line = tuple[int, int]

_MIN_ROWS, _MIN_WEAK_ROWS = 3, 6
_ROWS_SHARE = 0.8
# What is asked is no longer, and neither is what stands before the rows.
_MAX_ASKED_CHARS, _MAX_LEAD_CHARS = 3_000, 6_000
_ARROWS = ("=>", "->", "→", "⇒", ">>")
# Columns part at these; a comma or a semicolon may stand within a sentence, too.
_COLUMNS = ("|", "\t", ";", ",")
_MAX_COLUMNS = 3
_WEAK = (" - ", " – ", " = ", "(", "[", ": ")
_HOLE = r"(?P<hole>\?{1,3}|_{2,}|\.{3}|…|\[\s?\]|[\"'“`]{1,2}|)"
# How a row ends that has no answer yet.
_OPEN = re.compile(
    rf"(?P<mark>=>|->|→|⇒|>>|<[A-Za-z][\w-]{{0,23}}>|[|\t;,:：=(\[]|(?<=\s)[-–—])[ \t]*{_HOLE}[ \t]*\|?\s*\Z"
)
# The answer may stand first: "[plant] rose", "plant: rose".
_OPEN_FIRST = re.compile(
    r"\s*(?:[-*•] )?(?:\[(?:\?{1,3}|_{2,}|\.{3}| ?)\]|(?:\?{1,3}|_{2,})[ \t]*(?P<mark>[|\t:;,]))[ \t]*\S"
)
_FIRST = r"\s*(?:[-*•] )?{}[ \t]*\S"
_BRACKETED = r"\[[^\[\]\n]{1,60}\]"
_ELEMENT = re.compile(r"\s*<([A-Za-z][\w-]{0,23})\b[^<>\n]{0,200}>.*</\1>\s*")
_TAG = re.compile(r"<[^<>\n]{1,200}>")
_QUOTED = re.compile(r'"(?:[^"]|"")*+"')
_MIN_FRAMED = 2
_RULE = re.compile(r"[\s|:+=-]+\Z")
_JSON_OPENS = ("{", "[{", "}", "]")
_TURNS_TO_READER = re.compile(
    r"(?i)\W*(?:your turn|now (?:you|this|it|the|do)\b|(?:the )?next\b|input\b|query\b|test\b)"
)
_HEAD_CELL_CHARS = 24

IsRow = Callable[[str], bool]


class _Form(NamedTuple):
    """What tells a row with its answer, and how many of these there are at least."""

    is_row: IsRow
    least: int


def example_rows(text: str) -> Line | None:
    """Where the rows stand that are examples for what follows them: a row without its answer, or what is
    given alone. None where there are none."""
    lines = records(text)
    if len(lines) <= _MIN_ROWS or text[slice(*lines[-1])].lstrip().startswith(_JSON_OPENS):
        return None
    # A tool writes numbers before lines, and an arrow or a tab behind them.
    if has_counted_lines(text):
        return None
    last = text[slice(*lines[-1])]
    form = _form_of_open(last) if len(last) <= _MAX_ASKED_CHARS else None
    found = _rows(text, lines[:-1], form) if form is not None else None
    return found or _rows_before_tail(text, lines)


def row_spans(text: str, *, is_known: bool = False) -> list[Line]:
    """The rows, where nearly all lines of the text are such, each up to the next one; empty where they are
    not, unless it `is_known` that each line is an example."""
    lines = records(text)
    if not is_known and answers_in_rows([text[slice(*line)] for line in lines]) is None:
        return []
    return list(pairwise([*(start for start, _ in lines), len(text)]))


def answers_in_rows(lines: Sequence[str], *, is_known: bool = False) -> list[str] | None:
    """The answer in each of the lines where nearly all of them are rows: what stands behind an arrow or in
    the last column, or in brackets at the beginning; also behind a weaker mark where it `is_known` that each
    line is an example. Of several marks the one with the fewest answers parts them."""
    best: list[str] | None = None
    for mark in (*_ARROWS, *_COLUMNS, *(_WEAK if is_known else ())):
        best = _fewest(best, lines, _with_mark(mark), partial(_behind, mark))
        if best is not None and mark in _ARROWS:
            return best
    best = _fewest(best, lines, _beginning_with(_BRACKETED), _in_brackets)
    return _fewest(best, lines, _is_element, _last_within)


def _fewest(
    best: list[str] | None, lines: Sequence[str], is_row: IsRow, answer: Callable[[str], str]
) -> list[str] | None:
    """The answers in the lines by this form, where it is theirs and there are fewer than by the best one."""
    if sum(map(is_row, lines)) < _ROWS_SHARE * len(lines):
        return best
    answers = list(map(answer, lines))
    return answers if best is None or len(set(answers)) < len(set(best)) else best


def _behind(mark: str, line: str) -> str:
    """What stands behind the last such mark outside of quotes."""
    bare = line.strip().rstrip("|").rstrip()
    quoted = [match for match in _QUOTED.finditer(bare) if match.end() == len(bare)]
    return quoted[0].group() if quoted else bare.rpartition(mark)[2].strip()


def _is_element(line: str) -> bool:
    return _ELEMENT.fullmatch(line) is not None


def _last_within(line: str) -> str:
    """The last text in an element."""
    texts = [text for text in _TAG.split(line) if text.strip()]
    return texts[-1].strip() if texts else line


def _in_brackets(line: str) -> str:
    return line.partition("]")[0].strip()


def records(text: str) -> list[Line]:
    """The lines that are not empty; those within quotes of one as one where each quote is closed."""
    lines = [(start, end) for start, end in line_spans(text) if text[start:end].strip()]
    counts = [text.count('"', *line) for line in lines]
    if not any(count % 2 for count in counts) or sum(counts) % 2:
        return lines
    found: list[Line] = []
    is_open = False
    for (start, end), count in zip(lines, counts, strict=True):
        if is_open:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
        is_open ^= bool(count % 2)
    return found


def _form_of_open(line: str) -> _Form | None:
    """The form of the rows with their answers, by one that has none; None where it has no open end."""
    if (first := _OPEN_FIRST.match(line)) is not None:
        mark = first["mark"]
        opening = rf"[^\n{mark}?_]{{1,60}}{re.escape(mark)}" if mark else _BRACKETED
        return _Form(_beginning_with(opening), _MIN_WEAK_ROWS if mark else _MIN_ROWS)
    bare = _bare(line)
    found = _OPEN.search(bare)
    if found is None or not any(map(str.isalnum, bare[: found.start()])):
        return None
    mark = found["mark"]
    if mark in ":：" and label_role(line) is not Role.NONE:
        return None
    is_strong = mark in _ARROWS or mark in "|\t" or mark[0] == "<" or (mark == "," and '"' in line)
    return _Form(_with_mark(mark), _MIN_ROWS if is_strong else _MIN_WEAK_ROWS)


def _with_mark(mark: str) -> IsRow:
    """Tells a row by something on both sides of the mark, outside of quotes."""
    closed = re.compile(rf"\S[^\n]*{re.escape(mark)}[^\n]*[^\s?_|\"'“`]")

    def is_row(line: str) -> bool:
        if mark not in line or line.lstrip().startswith(_JSON_OPENS):
            return False
        bare = _bare(line)
        open_end = _OPEN.search(bare)
        return closed.search(bare) is not None and (open_end is None or open_end["mark"] != mark)

    return is_row


def _bare(line: str) -> str:
    """The row with a letter for what is in quotes, and without the frame of a table at its end."""
    bare = _QUOTED.sub("x", line) if '"' in line else line
    row = bare.strip()
    return row[:-1] if row.startswith("|") and row.count("|") > _MIN_FRAMED and row.endswith("|") else bare


def _beginning_with(opening: str) -> IsRow:
    pattern = re.compile(_FIRST.format(opening))
    return lambda line: pattern.match(line) is not None and _OPEN_FIRST.match(line) is None


def _rows(text: str, lines: Sequence[Line], form: _Form) -> Line | None:
    """The rows that end with the last line, as far up as nearly all lines are such."""
    answered = [form.is_row(text[slice(*line)]) for line in lines]
    count = 0
    best: int | None = None
    for first in range(len(lines) - 1, -1, -1):
        count += answered[first]
        if _RULE.match(text, *lines[first]) and "-" in text[slice(*lines[first])]:
            break
        if answered[first] and count >= max(form.least, _ROWS_SHARE * (len(lines) - first)):
            best = first
    if best is None or not answered[-1]:
        return None
    start = lines[_below_head(text, lines, best)][0]
    return (start, lines[-1][1]) if start <= _MAX_LEAD_CHARS else None


def _below_head(text: str, lines: Sequence[Line], first: int) -> int:
    """The first row, or the next where the first one names the columns: short names, none of them again."""
    head = text[slice(*lines[first])].strip()
    for mark in _COLUMNS:
        cells = [cell.strip(' "') for cell in head.strip(mark).split(mark)]
        is_named = len(cells) > 1 and all(0 < len(cell) <= _HEAD_CELL_CHARS for cell in cells)
        if is_named and not any(map(str.isdigit, head)):
            return first + _is_unlike(text, lines[first + 1 :], mark, cells)
    return first


def _is_unlike(text: str, lines: Sequence[Line], mark: str, cells: Sequence[str]) -> bool:
    """Whether no cell of the head comes again in a row, and the rows are longer than the head."""
    rows = [text[slice(*line)].strip().strip(mark).split(mark) for line in lines]
    names = set(cells)
    again = any(not names.isdisjoint(one.strip(' "') for one in row) for row in rows)
    return not again and sum(map(len, map(mark.join, rows))) > 2 * len(rows) * len(mark.join(cells))


def _rows_before_tail(text: str, lines: Sequence[Line]) -> Line | None:
    """The rows with an arrow or in few columns before what is given without an answer, below them, where
    that does not ask about them, and nothing but an instruction stands above them."""
    for mark in (*_ARROWS, "|", "\t"):
        if text.count(mark) < _MIN_ROWS:
            continue
        is_row = _with_mark(mark)
        answered = [is_row(text[slice(*line)]) for line in lines]
        last = max((at for at, found in enumerate(answered) if found), default=-1)
        if not 0 <= last < len(lines) - 1 or not _is_given(text[lines[last][1] :], mark):
            continue
        if mark in _COLUMNS and _columns(text, lines[: last + 1], mark) > _MAX_COLUMNS:
            continue
        found = _rows(text, lines[: last + 1], _Form(is_row, _MIN_ROWS))
        if found is not None and _instructs(text[: found[0]]):
            return found
    return None


def _is_given(tail: str, mark: str) -> bool:
    """Whether what stands below the rows is one paragraph that asks nothing about them."""
    is_one = len(tail) <= _MAX_ASKED_CHARS and BLANK.search(tail.strip()) is None
    return is_one and mark not in tail and (not asks(tail) or _TURNS_TO_READER.match(tail) is not None)


def _instructs(lead: str) -> bool:
    """Whether the text before the rows is empty, asks for something, or is a short sentence that announces
    nothing."""
    bare = lead.strip()
    is_sentence = len(bare) <= SHORT_CHARS and bare.endswith(".") and not bare.startswith("#")
    return not bare or is_sentence or any(map(asks, BLANK.split(lead)))


def _columns(text: str, lines: Sequence[Line], mark: str) -> int:
    """The most columns that a row has."""
    return max(text[slice(*line)].strip().strip(mark).count(mark) + 1 for line in lines)
