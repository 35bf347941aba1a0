"""Finds the bulk that a message carries: JSON, logs, transcripts, examples, code and program output in prose.

The pieces of a text are an exact partition of it: joined, in order, they are the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from token_optimizer.models import Kind
from token_optimizer.optimizer.formats.pasted_content import is_output, pasted_spans
from token_optimizer.optimizer.json.detection import (
    end_of_json,
    json_line_spans,
    json_span,
)
from token_optimizer.optimizer.logs.lines import is_log, is_log_line, is_report

Piece = tuple[Kind, str]

# Shorter texts are not worth splitting: a rule would gain less than the risk.
MIN_BULK_CHARS = 200
_FENCE = re.compile(r"^(`{3,}|~{3,})([\w+-]*)[^\n]*\n(.*?)^\1[ \t]*$\n?", re.MULTILINE | re.DOTALL)
_BLANK_LINES = re.compile(r"\n[ \t]*\n+")
_JSON_OPENS = re.compile(r"^[ \t]*[\[{]", re.MULTILINE)
_LINE_REST = re.compile(r"[ \t]*(?:\n|$)")
# Each miss may have read to the end of the text, so that many of them would cost quadratic time.
_MAX_JSON_MISSES = 20


def kind_of(text: str) -> Kind:
    """The kind of a text taken whole, as a tool result is."""
    if len(text) < MIN_BULK_CHARS:
        return Kind.PROSE
    if json_span(text):
        return Kind.JSON
    if is_log(text):
        return Kind.LOG
    if json_line_spans(text):
        return Kind.JSON
    if is_report(text):
        return Kind.LOG
    return Kind.CODE if is_output(text) else Kind.PROSE


def split_bulk(text: str) -> list[Piece]:
    """The text as pieces of prose and of bulk; one piece of prose where it carries none."""
    if len(text) < MIN_BULK_CHARS:
        return [(Kind.PROSE, text)]
    pieces: list[Piece] = []
    end = 0
    for match in _FENCE.finditer(text):
        if match.end() - match.start() < MIN_BULK_CHARS:
            continue
        pieces.extend(_unfenced(text[end : match.start()]))
        pieces.extend(_fenced(match))
        end = match.end()
    pieces.extend(_unfenced(text[end:]))
    return _joined(pieces)


def _fenced(match: re.Match[str]) -> Iterator[Piece]:
    """The fence lines stay prose, so that they survive whatever happens to what they enclose."""
    whole, inner = match.group(0), match.group(3)
    start = match.start(3) - match.start()
    kind = kind_of(inner)
    yield Kind.PROSE, whole[:start]
    yield (Kind.CODE if kind is Kind.PROSE else kind), inner
    yield Kind.PROSE, whole[start + len(inner) :]


def _unfenced(text: str) -> Iterator[Piece]:
    """JSON wherever it opens a line, what else is pasted by its lines, logs by paragraph; else prose."""
    start = 0
    for begin, end in _json_spans(text):
        yield from _pasted_in(text[start:begin])
        yield Kind.JSON, text[begin:end]
        start = end
    yield from _pasted_in(text[start:])


def _pasted_in(text: str) -> Iterator[Piece]:
    start = 0
    for begin, end, kind in pasted_spans(text, MIN_BULK_CHARS) if len(text) >= MIN_BULK_CHARS else ():
        yield from _logs_in(text[start:begin])
        span = text[begin:end]
        yield (Kind.LOG if is_log(span) else kind), span
        start = end
    yield from _logs_in(text[start:])


def _json_spans(text: str) -> Iterator[tuple[int, int]]:
    """Where JSON arrays and objects stand that begin and end with a line."""
    end = misses = 0
    for match in _JSON_OPENS.finditer(text):
        if match.end() <= end or misses > _MAX_JSON_MISSES:
            continue
        begin = match.end() - 1
        stop = end_of_json(text, begin)
        if stop is None:
            misses += 1
        elif stop - begin >= MIN_BULK_CHARS and _LINE_REST.match(text, stop):
            yield begin, stop
            end = stop


def _logs_in(text: str) -> Iterator[Piece]:
    for paragraph in _paragraphs(text):
        if len(paragraph) < MIN_BULK_CHARS or not is_log(paragraph):
            yield Kind.PROSE, paragraph
            continue
        lines = paragraph.splitlines(keepends=True)
        marked = [index for index, line in enumerate(lines) if is_log_line(line)]
        # What stands before the first and after the last line of the log may be the question.
        yield Kind.PROSE, "".join(lines[: marked[0]])
        yield Kind.LOG, "".join(lines[marked[0] : marked[-1] + 1])
        yield Kind.PROSE, "".join(lines[marked[-1] + 1 :])


def _paragraphs(text: str) -> Iterator[str]:
    start = 0
    for match in _BLANK_LINES.finditer(text):
        yield text[start : match.end()]
        start = match.end()
    if start < len(text):
        yield text[start:]


def _joined(pieces: list[Piece]) -> list[Piece]:
    """Neighbours of one kind as one piece."""
    joined: list[Piece] = []
    for kind, text in pieces:
        if not text:
            continue
        if joined and joined[-1][0] is kind and kind is Kind.PROSE:
            joined[-1] = (kind, joined[-1][1] + text)
        else:
            joined.append((kind, text))
    return joined
