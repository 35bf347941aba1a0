"""Finds where fences, JSON, markup, transcripts, logs and sources stand in a text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from token_optimizer.models import Kind
from token_optimizer.optimizer.embedded.fences import fences
from token_optimizer.optimizer.embedded.lines import is_source
from token_optimizer.optimizer.embedded.log_gaps import with_gaps_joined
from token_optimizer.optimizer.embedded.pieces import Piece
from token_optimizer.optimizer.embedded.sources import source_span
from token_optimizer.optimizer.embedded.transcripts import is_subtitles, is_transcript, transcript_span
from token_optimizer.optimizer.json.detection import end_of_json
from token_optimizer.optimizer.logs.entries import end_of_last
from token_optimizer.optimizer.logs.lines import MIN_LOG_LINES, is_log, is_log_line
from token_optimizer.text.lines import matches_at_lines
from token_optimizer.text.mail import mail_heads

# Shorter texts are not worth splitting: a rule would gain less than the risk.
MIN_BULK_CHARS = 200
_BLANK_LINES = re.compile(r"\n[ \t]*\n+")
# "[service]", "[INFO]" and "[10:04]" open none, however many lines do so.
_JSON_OPENS = re.compile(
    r"[ \t]*+(?:\{(?=\s{0,100}+[\"}])"
    r"|\[(?=\s{0,100}+(?:[\[{\"\]]|(?:-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)\s{0,100}+[,\]])))"
)
_MAY_OPEN_JSON = re.compile(r"\n[ \t]*+[\[{]")
MARKUP_OPENS = re.compile(
    r"[ \t]*(?:<\?xml\b[^<>]{0,200}\?>|<!DOCTYPE\b[^<>]{0,400}>|(?=<(?:html|rss|feed|svg|urlset)\b))"
    r"(?:\s*<!--[^<>]{0,1000}-->)?\s*<(?P<root>[A-Za-z][\w.:-]{0,60})\b",
    re.IGNORECASE,
)
_MAY_OPEN_MARKUP = re.compile(r"\n[ \t]*+<[?!hrfsuHRFSU]")
# An entry of a log is no longer.
MIN_ENTRY_CHARS = 1_000
# What is before and behind a text that is no part of its neighbours: nothing, a blank line, a label, a tag.
_ENDS_APART = re.compile(r"(?:\A|\n[ \t]*\n|[:>][ \t]*\n)\s*\Z")
_BEGINS_APART = re.compile(r"[ \t]*(?:\Z|\n[ \t]*(?:\Z|\n|</))")
_PARTS = re.compile(r"\n[ \t]*\n|\n</")
_MIN_SOURCE_CHARS = 1_200
_LINE_REST = re.compile(r"[ \t]*(?:\r?\n|$)")
# Of a source JSON is less than this, or it is what counts.
_MAX_JSON_SHARE = 0.5
# Each miss may have read to the end of the text, so that many of them would cost quadratic time.
_MAX_JSON_MISSES = 20


def blocks(text: str) -> Iterator[tuple[int, int]]:
    """Fences, and outside of them sources, JSON values, markup, transcripts and logs."""
    start = 0
    for fence in fences(text):
        yield from _unfenced_blocks(text, start, fence.start)
        yield fence.start, fence.end
        start = fence.end
    yield from _unfenced_blocks(text, start, len(text))


def _unfenced_blocks(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    part = text[start:end]
    spans = list(json_spans(part))
    source = source_span(part)
    if source and not _is_told(part[slice(*source)]):
        if apart := apart_spans(part, spans):
            yield from ((start + a, start + b) for a, b in _around(part, apart, _source_or_told_blocks))
            return
        if _covered(spans) < _MAX_JSON_SHARE * (source[1] - source[0]):
            yield start + source[0], start + source[1]
            return
    yield from ((start + a, start + b) for a, b in _around(part, spans, _told_blocks))


def _is_told(text: str) -> bool:
    """Whether what looks like a source is a log, subtitles, turns in tags, or several mails."""
    is_said = is_subtitles(text) or (text.startswith("<") and is_transcript(text))
    return is_said or is_log_alone(text) or len(mail_heads(text)) > 1


def _around(
    text: str, spans: Sequence[tuple[int, int]], rest: Callable[[str], Iterable[tuple[int, int]]]
) -> Iterator[tuple[int, int]]:
    """The spans, and what `rest` finds between them."""
    at = 0
    for first, last in (*spans, (len(text), len(text))):
        yield from ((at + a, at + b) for a, b in rest(text[at:first]))
        if last > first:
            yield first, last
        at = last


def _covered(spans: Sequence[tuple[int, int]]) -> int:
    return sum(end - start for start, end in spans)


def _source_or_told_blocks(text: str) -> Iterable[tuple[int, int]]:
    source = source_span(text)
    return [source] if source else _told_blocks(text)


def apart_spans(text: str, json_spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Long logs in what looks like a source as a whole, and JSON and markup that stand apart from what is
    around them: their lines look like a source's, too."""
    markup = _markup_span(text)
    spans = json_spans
    if markup and len(text) - _covered([markup]) >= MIN_ENTRY_CHARS:
        outside = [span for span in json_spans if span[1] <= markup[0] or span[0] >= markup[1]]
        spans = sorted([*outside, markup])
    apart = [span for span in spans if _stands_apart(text, *span)]
    return list(_around(text, apart, partial(_log_spans, min_chars=MIN_ENTRY_CHARS)))


def is_log_alone(text: str) -> bool:
    """Whether the text is a log, and not a log with a source beside it."""
    if not is_log(text):
        return False
    if _PARTS.search(text) is None:
        return True
    rest = "".join(piece.raw for piece in logs_in(text) if piece.kind is not Kind.LOG)
    return len(rest) < _MIN_SOURCE_CHARS or not is_source(rest)


def _stands_apart(text: str, start: int, end: int) -> bool:
    return bool(_ENDS_APART.search(text[max(0, start - 200) : start]) and _BEGINS_APART.match(text, end))


def _told_blocks(text: str) -> Iterator[tuple[int, int]]:
    """A page of markup or a transcript, else logs."""
    if whole := _markup_span(text) or transcript_span(text):
        yield whole
    else:
        yield from _log_spans(text)


def _log_spans(text: str, min_chars: int = 0) -> Iterator[tuple[int, int]]:
    """Where the logs stand that are at least so long."""
    at = 0
    for piece in logs_in(text):
        if piece.kind is Kind.LOG and len(piece.raw) >= min_chars:
            yield at, at + len(piece.raw)
        at += len(piece.raw)


def _markup_span(text: str) -> tuple[int, int] | None:
    """Where XML or HTML stands that says what it is, up to the end of its root."""
    opening = next(iter(matches_at_lines(MARKUP_OPENS, _MAY_OPEN_MARKUP, text)), None)
    if opening is None:
        return None
    close = f"</{opening['root']}>"
    end = text.rfind(close, opening.end())
    return (opening.start(), end + len(close)) if end > 0 else None


def json_spans(text: str) -> Iterator[tuple[int, int]]:
    """Where JSON arrays and objects stand that begin and end with a line; objects line by line are one."""
    start = end = 0
    for begin, stop in _json_values(text):
        if end and not (text[start] == text[begin] == "{" and not text[end:begin].strip()):
            if end - start >= MIN_BULK_CHARS:
                yield start, end
            start = begin
        start, end = (start if end else begin), stop
    if end - start >= MIN_BULK_CHARS:
        yield start, end


def _json_values(text: str) -> Iterator[tuple[int, int]]:
    end = misses = 0
    if "{" not in text and "[" not in text:
        return
    for match in matches_at_lines(_JSON_OPENS, _MAY_OPEN_JSON, text):
        if match.end() <= end or misses > _MAX_JSON_MISSES:
            continue
        begin = match.end() - 1
        stop = end_of_json(text, begin)
        if stop is None:
            misses += 1
        elif _LINE_REST.match(text, stop):
            yield begin, stop
            end = stop


def logs_in(text: str) -> Iterator[Piece]:
    """The logs among the paragraphs, and what stands between them as prose. Traces within a log are parts
    of it."""
    return with_gaps_joined(_logs_in(text))


def _logs_in(text: str) -> Iterator[Piece]:
    if text.count("\n") < MIN_LOG_LINES - 1:
        yield Piece(Kind.PROSE, text)
        return
    for _, paragraph in paragraphs_of(text):
        lines = paragraph.splitlines(keepends=True) if len(paragraph) >= MIN_BULK_CHARS else []
        is_logged = bool(lines) and is_log(paragraph)
        marked = [index for index, line in enumerate(lines) if is_log_line(line)] if is_logged else []
        if not marked:
            yield Piece(Kind.PROSE, paragraph)
            continue
        # What stands before the first and after the last line of the log may be the question.
        yield Piece(Kind.PROSE, "".join(lines[: marked[0]]))
        end = end_of_last(lines, marked[-1])
        yield Piece(Kind.LOG, "".join(lines[marked[0] : end]))
        yield Piece(Kind.PROSE, "".join(lines[end:]))


def paragraphs_of(text: str) -> Iterator[tuple[int, str]]:
    """What blank lines part, each with where it begins and with the lines behind it."""
    start = 0
    for match in _BLANK_LINES.finditer(text):
        yield start, text[start : match.end()]
        start = match.end()
    if start < len(text):
        yield start, text[start:]
