"""Finds the content that a message carries besides what it asks: documents, JSON, logs, transcripts,
examples, code and program output.

The pieces of a text are an exact partition of it: joined, in order, they are the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from token_optimizer.models import Kind
from token_optimizer.optimizer.embedded.blocks import (
    MARKUP_OPENS,
    MIN_BULK_CHARS,
    MIN_ENTRY_CHARS,
    apart_spans,
    blocks,
    is_log_alone,
    json_spans,
    logs_in,
    paragraphs_of,
)
from token_optimizer.optimizer.embedded.documents import documents_of, marked_documents, titled_documents
from token_optimizer.optimizer.embedded.fences import Fence, fences, opens_with_fence
from token_optimizer.optimizer.embedded.json_texts import string_pieces, text_pieces
from token_optimizer.optimizer.embedded.lines import (
    has_numbered_documents,
    is_flat,
    is_output,
    is_source,
    pasted_spans,
    reads_as_prose,
)
from token_optimizer.optimizer.embedded.pieces import Piece, asked_from, joined, with_rest
from token_optimizer.optimizer.embedded.question.about import is_commit_history
from token_optimizer.optimizer.embedded.question.asking import (
    Role,
    asks,
    asks_question,
    directive_share,
    label_role,
    reader_directive_share,
)
from token_optimizer.optimizer.embedded.question.hand_overs import hand_over_chars
from token_optimizer.optimizer.embedded.question.layout import Embedded, embedded_spans
from token_optimizer.optimizer.embedded.scratchpads import observed_spans
from token_optimizer.optimizer.embedded.transcripts import is_talk, is_transcript
from token_optimizer.optimizer.embedded.worked.examples import (
    announced_examples,
    has_examples,
    shows_examples,
)
from token_optimizer.optimizer.embedded.worked.unanswered import unanswered_in
from token_optimizer.optimizer.json.detection import has_rows, json_line_spans, json_span
from token_optimizer.optimizer.json.worked import is_worked
from token_optimizer.optimizer.logs.lines import is_log, is_report
from token_optimizer.optimizer.tools.tools_in_text import tools_span
from token_optimizer.text.line_numbers import without_line_numbers
from token_optimizer.text.lines import FENCE_MARKS
from token_optimizer.text.sentences import is_shorter
from token_optimizer.text.tables import is_table

_BRACKETS, _CLOSING_BRACKETS = frozenset("[{(<"), frozenset("]})>")
_TAG_OPENS = re.compile(r"\s{0,20}+<(?P<name>[\w-]{1,40})>[ \t]*\n")
_FENCE_LINE = re.compile(r"\s*(?:`{3,}|~{3,})[^\n]*\s*")
# "The log:", right before it or before the fence around it.
_ANNOUNCES = re.compile(r"[:：][*_]{0,2}\s*(?:(?:`{3,}|~{3,})[^\n]*\s*)?\Z")
# Material of which so large a share is told, in sentences, is told as a whole.
_MIN_TOLD = 0.6
# Instructions need not direct with each sentence; what they are about hardly ever does.
_DIRECTIVE_SHARE = 0.15
_MIN_DATA_SHARE = 0.8
_MIN_DATA_CHARS = 2_000
_MAX_INTRODUCTION_CHARS = 400
# What an introduction that names no material opens is a form or a rule: "Return exactly:", "## Policies".
_IS_INTRODUCED = re.compile(r"(?:[:：][*_]{0,2}|\n#{1,6}[^\n]*)\s*(?:(?:`{3,}|~{3,})[^\n]*\s*)?\Z")
_MIN_ARTICLES, _READER_SHARE = 4, 0.2
# What may hold questions with their answers, and one more without.
_TOLD = (Kind.DOCUMENT, Kind.TRANSCRIPT, Kind.EXAMPLES)


def kind_of(text: str) -> Kind:
    """The kind of a text taken whole, as a tool result is."""
    if is_shorter(text, MIN_BULK_CHARS):
        return Kind.PROSE
    return _kind_of_records(text) or (Kind.CODE if is_output(text) else Kind.PROSE)


def _kind_of_records(text: str) -> Kind | None:
    """What the text is where it holds one record or line after another: JSON, a log, a transcript."""
    if json_span(text):
        return Kind.JSON
    if is_commit_history(text):
        return Kind.CODE
    if is_log(text):
        # Who speaks may stand behind a time, as in a log.
        return Kind.TRANSCRIPT if is_transcript(text) and is_talk(text) else Kind.LOG
    if json_line_spans(text):
        return Kind.JSON
    if is_transcript(text):
        return Kind.TRANSCRIPT
    if is_report(text) and not _is_program(without_line_numbers(text)):
        return Kind.LOG
    return None


def _is_program(text: str) -> bool:
    return is_source(text) and not is_flat(text)


def message_pieces(text: str, *, to_agent: bool = False) -> list[Piece]:
    """The pieces of what a user says: what asks is prose, what is asked about is embedded content."""
    if handed := hand_over_chars(text):
        return joined([Piece(Kind.PROSE, text[:handed], background=True), Piece(Kind.PROSE, text[handed:])])
    if observed := observed_spans(text, MIN_BULK_CHARS):
        return _with_embedded(text, [Embedded(*span) for span in observed], _as_prose)
    # The last of worked examples is what is asked, without a word that says so.
    spans = [] if has_examples(text) else embedded_spans(text, blocks(text), to_agent=to_agent)
    pieces = _with_embedded(text, spans, split_bulk)
    is_told = all(piece.kind in (Kind.PROSE, *_TOLD) for piece in pieces)
    if is_told and any(piece.kind in _TOLD or piece.background for piece in pieces):
        return _with_unanswered(text, pieces)
    return pieces


def _with_unanswered(text: str, pieces: list[Piece]) -> list[Piece]:
    """The pieces, where the last of questions with answers is asked; answers that end alike are examples."""
    unanswered = unanswered_in(text)
    if unanswered is None:
        return pieces
    if unanswered.is_example:
        pieces = [one._replace(kind=Kind.EXAMPLES) if one.kind in _TOLD else one for one in pieces]
    return asked_from(pieces, unanswered.start)


def agent_message_pieces(text: str) -> list[Piece]:
    """The pieces of what a user says to a model that works with tools."""
    return message_pieces(text, to_agent=True)


def instruction_pieces(text: str) -> list[Piece]:
    """The pieces of a system text: all of it is prose but the material and the examples that it announces."""
    if examples := announced_examples(text):
        start, end = examples
        told = [Piece(Kind.PROSE, text[:start]), Piece(Kind.EXAMPLES, text[start:end])]
        return _with_described_tools([*told, Piece(Kind.PROSE, text[end:])])
    return agent_instruction_pieces(text)


def agent_instruction_pieces(text: str) -> list[Piece]:
    """The pieces of the system text of a model that has tools: its examples show how to work, and are
    instructions, too."""
    found = list(blocks(text))
    told = embedded_spans(text, found, instructions=True)
    spans = [one for one in told if _informs(text[one.start : one.end])]
    if not spans:
        parts = found or [(at, at + len(part)) for at, part in paragraphs_of(text)]
        spans = [
            Embedded(*span)
            for span in parts
            if _is_plain_data(text[slice(*span)])
            and not _IS_INTRODUCED.search(text[max(0, span[0] - _MAX_INTRODUCTION_CHARS) : span[0]])
        ]
    return _with_described_tools(_with_embedded(text, spans, _as_prose))


def _is_plain_data(text: str) -> bool:
    """Whether the text is a long list of records that directs nobody: material, whether or not instructions
    say so."""
    if is_shorter(text, _MIN_DATA_CHARS) or shows_examples(text) or is_worked(text) or tools_span(text):
        return False
    is_listed = has_rows(text) or is_log(text) or is_table(text)
    return is_listed and directive_share(text) < _DIRECTIVE_SHARE


def _with_described_tools(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces, in the prose of which the tools that it describes stand apart."""
    found: list[Piece] = []
    for piece in pieces:
        span = tools_span(piece.raw) if piece.kind is Kind.PROSE else None
        if span is None:
            found.append(piece)
            continue
        start, end = span
        apart = (piece.raw[:start], piece.raw[start:end], piece.raw[end:])
        found.extend(map(Piece, (Kind.PROSE, Kind.TOOL_TEXT, Kind.PROSE), apart))
    return joined(found)


def _informs(text: str) -> bool:
    """Whether the text is what instructions are about, and not a part of them, as examples are."""
    if shows_examples(text):
        return False
    is_data = json_span(text) or is_log(text) or is_transcript(text) or _is_mostly_json(text)
    is_printed = is_report(text) and not reads_as_prose(text)
    is_told = directive_share(text) < _DIRECTIVE_SHARE
    return bool(is_data or is_printed or is_told) or _is_of_articles(text)


def _is_mostly_json(text: str) -> bool:
    return sum(end - start for start, end in json_spans(text)) >= _MIN_DATA_SHARE * len(text)


def _is_of_articles(text: str) -> bool:
    """Whether the text is a number of articles that may say "you" to their readers, and seldom direct."""
    articles = sum(piece.kind is Kind.DOCUMENT for piece in _material_documents(text))
    return articles >= _MIN_ARTICLES and reader_directive_share(text) < _READER_SHARE


def _material_documents(text: str) -> list[Piece]:
    """The documents of material, by any of the ways to part them."""
    return documents_of(text) or marked_documents(text)


def result_pieces(text: str) -> list[Piece]:
    """The pieces of a tool result: its documents, the JSON in what a command printed, or all of it as one."""
    if in_string := string_pieces(text, kind_of):
        return in_string
    kind = _kind_of_records(text)
    if kind is Kind.JSON:
        return text_pieces(text, kind_of) or [Piece(kind, text)]
    if spans := [span for span in json_spans(text) if _is_printed_json(text[slice(*span)])]:
        return list(_around_json(text, spans, kind))
    return _printed_pieces(text) if kind is None else [Piece(kind, text)]


def _printed_pieces(text: str) -> list[Piece]:
    """The pieces of what is no JSON, log or transcript: its documents, else all of it as one."""
    # Of a source it need not be asked whether its lines look printed.
    if is_source(text) and not _documents_in(text):
        return [Piece(Kind.CODE, text)]
    if is_output(text):
        return [Piece(Kind.CODE, text)]
    return joined(_documents_in(text)) or [Piece(Kind.PROSE, text)]


def _documents_in(text: str) -> list[Piece]:
    """Documents, with what stands between them; empty where there are none."""
    found = documents_of(text) or (list(_pasted_in(text)) if has_numbered_documents(text) else [])
    return found if any(piece.kind is Kind.DOCUMENT for piece in found) else []


def _is_printed_json(text: str) -> bool:
    """Whether the JSON stands for itself: what is shorter, on one line, may be an entry of a log, and several
    lines of it may be several."""
    is_long = len(text) >= MIN_ENTRY_CHARS or "\n" in text.strip()
    return is_long and (json_span(text) is not None or not is_log(text))


def _around_json(text: str, spans: Sequence[tuple[int, int]], kind: Kind | None) -> Iterator[Piece]:
    """The JSON values at the spans, and what stands around them: of the kind that it is by itself, or a part
    of the log that the whole is."""
    rest = Kind.LOG if kind is Kind.LOG else Kind.PROSE
    for start, end, is_json in with_rest(spans, len(text)):
        part = text[start:end]
        if is_json:
            yield from text_pieces(part, kind_of) or [Piece(Kind.JSON, part)]
        else:
            own = kind_of(part)
            yield Piece(rest if own is Kind.PROSE and part.strip() else own, part)


def is_one_line_of_prose(text: str) -> bool:
    """Whether the text is one line that holds no JSON: `split_bulk` finds nothing in it."""
    return "\n" not in text and "{" not in text and "[" not in text


def split_bulk(text: str) -> list[Piece]:
    """The text as pieces of prose and of what its lines show to be something else."""
    if is_one_line_of_prose(text) or is_shorter(text, MIN_BULK_CHARS):
        return [Piece(Kind.PROSE, text)]
    pieces: list[Piece] = []
    end = 0
    for fence in fences(text):
        if fence.end - fence.start < MIN_BULK_CHARS:
            continue
        pieces.extend(_unfenced(text[end : fence.start]))
        pieces.extend(_fenced(text, fence))
        end = fence.end
    pieces.extend(_unfenced(text[end:]))
    return joined(pieces)


def _as_prose(text: str) -> list[Piece]:
    return [Piece(Kind.PROSE, text)]


def _with_embedded(text: str, spans: Sequence[Embedded], rest: Callable[[str], list[Piece]]) -> list[Piece]:
    if not spans:
        return joined(rest(text))
    pieces: list[Piece] = []
    end = 0
    is_asked = asks_question(_outside(text, spans))
    for one in spans:
        before = rest(between := text[end : one.start])
        is_within = is_asked and end and not _ANNOUNCES.search(between)
        pieces.extend(map(_unless_asking, before) if is_within else before)
        inside = text[one.start : one.end]
        is_told = one.is_background and not _is_bracketed(inside)
        found = _of_background(inside) if is_told else _of_material(inside)
        pieces.extend(map(_unless_asking, found) if is_asked else found)
        end = one.end
    pieces.extend(rest(text[end:]))
    return joined(pieces)


def _outside(text: str, spans: Sequence[Embedded]) -> str:
    starts = (0, *(one.end for one in spans))
    ends = (*(one.start for one in spans), len(text))
    return "\n".join(text[start:end] for start, end in zip(starts, ends, strict=True))


def _unless_asking(piece: Piece) -> Piece:
    """A short line within or between what is asked about: where the question stands around it, it asks only
    as a question, or by its label. The line of a fence stays as it is."""
    if piece.kind is not Kind.PROSE or asks_question(piece.raw) or _FENCE_LINE.fullmatch(piece.raw):
        return piece
    is_labelled = label_role(piece.raw.lstrip()) in (Role.QUESTION, Role.INSTRUCTION)
    return piece if is_labelled else piece._replace(background=True)


def _is_bracketed(text: str) -> bool:
    """Whether the text begins and ends with brackets, as what programs write does and no prose."""
    inside = text.strip()
    return inside[:1] in _BRACKETS and inside[-1:] in _CLOSING_BRACKETS


def _of_background(text: str) -> Iterator[Piece]:
    """The pieces of what the user tells at length; a short line between others may ask. Nobody tells several
    texts, each under its title."""
    for piece in titled_documents(text) or split_bulk(text):
        yield piece._replace(
            background=piece.kind is Kind.PROSE and not is_shorter(piece.raw, MIN_BULK_CHARS)
        )


def _of_material(text: str) -> list[Piece]:
    """The pieces of material: of a known kind, or documents; of each of several parts in tags by itself."""
    if parts := _tagged_parts(text):
        return joined(list(_of_tagged_parts(text, parts)))
    return _of_one_material(text)


def _tagged_parts(text: str) -> list[tuple[int, int]]:
    """What stands within tags of several names, one part after another with nothing between them."""
    parts: dict[str, tuple[int, int]] = {}
    at = 0
    while opening := _TAG_OPENS.match(text, at):
        name, start = opening["name"], opening.end()
        close = f"\n</{name}>"
        end = text.find(close, start)
        if name in parts or end - start < MIN_BULK_CHARS:
            return []
        parts[name] = start, end + 1
        at = end + len(close)
    return list(parts.values()) if len(parts) > 1 and not text[at:].strip() else []


def _of_tagged_parts(text: str, parts: Sequence[tuple[int, int]]) -> Iterator[Piece]:
    at = 0
    for start, end in parts:
        yield Piece(Kind.PROSE, text[at:start], background=True)
        yield from _of_one_material(text[start:end])
        at = end
    yield Piece(Kind.PROSE, text[at:], background=True)


def _of_one_material(text: str) -> list[Piece]:
    kind = kind_of(text)
    if kind is Kind.JSON:
        return split_bulk(text)
    fenced = opens_with_fence(text)
    # Long prose was told from logs already.
    may_be_log = kind is not Kind.PROSE or is_shorter(text, MIN_BULK_CHARS)
    if not fenced and (kind is Kind.TRANSCRIPT or (may_be_log and is_log_alone(text))):
        return [Piece(kind, text)]
    found = [] if fenced else _material_documents(text)
    is_told = reads_as_prose(text)
    if not (fenced or found) and MARKUP_OPENS.match(text):
        return [Piece(Kind.CODE, text)]
    if not (fenced or found or is_told) and is_source(text):
        return list(_of_source(text))
    if not found:
        found = split_bulk(text)
        told = sum(len(piece.raw) for piece in found if piece.kind in (Kind.PROSE, Kind.DOCUMENT))
        if told >= _MIN_TOLD * len(text) or is_told:
            # A header or a table looks like output, and so do quoted lines; what they tell does not.
            code = [piece._replace(kind=Kind.PROSE) if piece.kind is Kind.CODE else piece for piece in found]
            found = joined(code)
    return list(map(_as_document, found))


def _of_source(text: str) -> Iterator[Piece]:
    """The pieces of what looks like a source: JSON and logs that stand apart in it, and the rest."""
    for start, end, is_apart in with_rest(apart_spans(text, list(json_spans(text))), len(text)):
        part = text[start:end]
        if not is_apart:
            yield _as_document(Piece(Kind.CODE if len(part) >= MIN_BULK_CHARS else Kind.PROSE, part))
        elif MARKUP_OPENS.match(part):
            yield Piece(Kind.CODE, part)
        else:
            yield from _json_pieces(part)


def _as_document(piece: Piece) -> Piece:
    """What is left as prose in material: a document, or a line that may ask; else it stays, and asks
    nothing."""
    if piece.kind is not Kind.PROSE:
        return piece
    if not is_shorter(piece.raw, MIN_BULK_CHARS):
        return piece._replace(kind=Kind.DOCUMENT)
    may_ask = asks(piece.raw) or piece.raw.startswith(FENCE_MARKS)
    return piece._replace(background=not may_ask)


def _fenced(text: str, fence: Fence) -> Iterator[Piece]:
    """The fence lines stay prose, so that they survive whatever happens to what they enclose."""
    inner = text[fence.inner_start : fence.inner_end]
    kind = kind_of(inner)
    yield Piece(Kind.PROSE, text[fence.start : fence.inner_start])
    if kind is Kind.PROSE and not fence.language and reads_as_prose(inner):
        yield from _of_material(inner)
    else:
        yield Piece(Kind.CODE if kind is Kind.PROSE else kind, inner)
    yield Piece(Kind.PROSE, text[fence.inner_end : fence.end])


def _unfenced(text: str) -> Iterator[Piece]:
    """JSON wherever it opens a line, what else is pasted by its lines, logs by paragraph; else prose."""
    start = 0
    for begin, end in json_spans(text):
        yield from _pasted_in(text[start:begin])
        yield from _json_pieces(text[begin:end])
        start = end
    yield from _pasted_in(text[start:])


def _json_pieces(text: str) -> list[Piece]:
    """JSON, the long texts in it, or a log whose entries are JSON."""
    if is_log(text) and not json_span(text):
        return [Piece(Kind.LOG, text)]
    return text_pieces(text, kind_of) or [Piece(Kind.JSON, text)]


def _pasted_in(text: str) -> Iterator[Piece]:
    start = 0
    for begin, end, kind in pasted_spans(text, MIN_BULK_CHARS) if len(text) >= MIN_BULK_CHARS else ():
        yield from logs_in(text[start:begin])
        span = text[begin:end]
        yield Piece(Kind.LOG if is_log(span) else kind, span)
        start = end
    yield from logs_in(text[start:])
