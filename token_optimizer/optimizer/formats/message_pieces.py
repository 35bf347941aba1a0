"""The pieces of a message's texts: prose, and what it carries. Several texts of a user are read as one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from itertools import accumulate

from token_optimizer.dialects.text_parts import TextPart
from token_optimizer.models import BlockType, Kind, Path
from token_optimizer.optimizer.embedded.content import (
    MIN_BULK_CHARS,
    agent_instruction_pieces,
    agent_message_pieces,
    instruction_pieces,
    is_one_line_of_prose,
    kind_of,
    message_pieces,
    result_pieces,
    split_bulk,
)
from token_optimizer.optimizer.embedded.json_texts import text_pieces
from token_optimizer.optimizer.embedded.pieces import Piece
from token_optimizer.optimizer.formats.file_reads import is_within
from token_optimizer.optimizer.formats.joint_reading import pieces_of_parts
from token_optimizer.optimizer.formats.talk import Talk
from token_optimizer.text.cache import TextCache, key_of
from token_optimizer.text.sentences import is_shorter

DIRECTING_TYPES = frozenset({BlockType.SYSTEM, BlockType.DEVELOPER})
_SPLITTERS: dict[BlockType, Callable[[str], list[Piece]]] = {
    BlockType.SYSTEM: instruction_pieces,
    BlockType.DEVELOPER: instruction_pieces,
    BlockType.USER: message_pieces,
    BlockType.ASSISTANT: split_bulk,
}
_AGENTS_SPLITTERS = _SPLITTERS | {
    BlockType.SYSTEM: agent_instruction_pieces,
    BlockType.DEVELOPER: agent_instruction_pieces,
    BlockType.USER: agent_message_pieces,
}
# Of what hands over a file at least this share is the line with the file.
_MIN_HANDED_OVER = 0.6
# Beyond that it takes longer to read a line than to remember it: each user's is read twice, and system texts
# come again.
_MAX_LINE_CHARS = 400
# The pieces of a text without their own texts, and where each ends; the last one ends with the text.
_Split = tuple[tuple[Piece, int | None], ...]
_SPLITS: TextCache[_Split] = TextCache(50_000, max_chars=12_000_000)


def pieces_of_message(
    text_parts: Sequence[TextPart], talk: Talk, files: frozenset[Path] = frozenset()
) -> Iterable[tuple[TextPart, Iterable[Piece]]]:
    """Each text part of a message with its pieces; what a user says in several is read as one text."""
    if len(text_parts) > 1:
        return _pieces_of_parts(text_parts, talk, files)
    return [
        (part, _split(part.text, _file_pieces) if is_of_file(part, files) else _pieces(part, talk))
        for part in text_parts
    ]


def _pieces_of_parts(
    text_parts: Sequence[TextPart], talk: Talk, files: frozenset[Path]
) -> Iterator[tuple[TextPart, Iterable[Piece]]]:
    said = [part for part in text_parts if _is_said_in_part(part)]
    together = None
    if len(said) > 1 and said[0].message != talk.documents_at:
        splitter = _splitters_of(talk)[BlockType.USER]
        together = pieces_of_parts([part.text for part in said], partial(_split, splitter=splitter))
    read = iter(together or ())
    for part in text_parts:
        pieces = next(read) if together and _is_said_in_part(part) else None
        is_short_edge = part in (said[:1] + said[-1:]) and is_shorter(part.text, MIN_BULK_CHARS)
        if is_of_file(part, files):
            yield part, _split(part.text, _file_pieces)
        else:
            yield part, _pieces(part, talk) if pieces is None or is_short_edge else pieces


def is_of_file(text_part: TextPart, files: frozenset[Path]) -> bool:
    return bool(files) and text_part.path is not None and is_within(text_part.path, files)


def _file_pieces(text: str) -> list[Piece]:
    """The text of a file: whatever the file holds, only whole lines of it may go. A tool may hand it over in
    JSON, where all its lines stand on one."""
    longest = max(map(len, text.split("\n")))
    is_handed_over = longest >= _MIN_HANDED_OVER * len(text) and kind_of(text) is Kind.JSON
    pieces = text_pieces(text, _kind_of_file) if is_handed_over else []
    return pieces or [Piece(_kind_of_file(text), text)]


def _kind_of_file(text: str) -> Kind:
    return Kind.LOG if kind_of(text) is Kind.LOG else Kind.CODE


def _is_said_in_part(part: TextPart) -> bool:
    is_text = part.kind is None and part.path is not None and not part.tool_result
    return is_text and part.type is BlockType.USER and bool(part.text)


def _pieces(text_part: TextPart, talk: Talk) -> list[Piece]:
    if text_part.message >= 0 and text_part.message == talk.documents_at:
        return [Piece(Kind.DOCUMENT, text) for text in talk.documents]
    if text_part.kind is not None:
        return [Piece(text_part.kind, text_part.text)]
    splitter = result_pieces if text_part.tool_result else _splitters_of(talk).get(text_part.type)
    if splitter is None or text_part.path is None or is_shorter(text_part.text, MIN_BULK_CHARS):
        return [Piece(Kind.PROSE, text_part.text)]
    return _split(text_part.text, splitter)


def _splitters_of(talk: Talk) -> Mapping[BlockType, Callable[[str], list[Piece]]]:
    """How the texts are split: where the model has tools, as what is told to an agent."""
    is_agent = talk.body.get("tools") or talk.body.get("functions") or talk.observations.found
    return _AGENTS_SPLITTERS if is_agent else _SPLITTERS


def _split(text: str, splitter: Callable[[str], list[Piece]]) -> list[Piece]:
    """The text's pieces; how a text was split before is remembered, but for lines that are read as soon as
    they are looked up."""
    if is_one_line_of_prose(text):
        if splitter is split_bulk:
            return [Piece(Kind.PROSE, text)]
        if len(text) <= _MAX_LINE_CHARS:
            return splitter(text)
    key = key_of(text, splitter.__name__)
    known = _SPLITS.get(key)
    if known is None:
        pieces = splitter(text)
        ends = (*accumulate(len(piece.raw) for piece in pieces[:-1]), None)
        bare = [piece._replace(raw="") for piece in pieces]
        _SPLITS.put(key, _shared(tuple(zip(bare, ends, strict=False))))
        return pieces
    pieces, start = [], 0
    for piece, end in known:
        pieces.append(piece._replace(raw=text[start:end]))
        start = end or 0
    return pieces


@lru_cache(maxsize=256)
def _shared(split: _Split) -> _Split:
    """One object for all that are equal: most texts are one piece of prose."""
    return split
