"""Reads a request body as blocks.

A text of the body is a slot; a slot holds one block, or several where prose carries embedded content.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import groupby, repeat
from operator import attrgetter
from typing import Any, NamedTuple

from token_optimizer.dialects.bodies import text_parts_of, text_parts_of_message
from token_optimizer.dialects.media import CountMedia
from token_optimizer.dialects.text_parts import TextPart
from token_optimizer.dialects.unmarked_json import as_json
from token_optimizer.errors import PromptError
from token_optimizer.models import (
    NO_TOOLS,
    OUTSIDE,
    Block,
    BlockType,
    Dialect,
    Kind,
    ParsedMessages,
    ParsedTools,
    Path,
    Prompt,
    Reading,
    Slot,
)
from token_optimizer.optimizer.embedded.pieces import Piece
from token_optimizer.optimizer.formats.call_steps import newest_steps
from token_optimizer.optimizer.formats.file_reads import exact_paths
from token_optimizer.optimizer.formats.forced_tools import forced_tools, is_named
from token_optimizer.optimizer.formats.framing import Count
from token_optimizer.optimizer.formats.message_pieces import DIRECTING_TYPES, is_of_file, pieces_of_message
from token_optimizer.optimizer.formats.newest_question import question_in
from token_optimizer.optimizer.formats.talk import Talk, document_text, talk_of, with_documents

FRAMING_ID = "framing"
_NAME_BYTES = 16
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _PlacedPiece(NamedTuple):
    """A piece of a text part: the slot that it is written back to, its place among the message's, and whether
    it is the text of a file that may be edited."""

    text_part: TextPart
    piece: Piece
    slot: int | None
    place: int
    is_file: bool


def canonicalize(
    body: Mapping[str, Any],
    dialect: Dialect,
    *,
    documents: Sequence[Mapping[str, Any]] | None = None,
    query: str | None = None,
    parsed: ParsedMessages = ParsedMessages(),
    count: Count | None = None,
    count_media: CountMedia | None = None,
) -> Prompt:
    """The body as a Prompt. `documents` ({title, text} each) go into a user message before the question,
    `parsed` has what an earlier turn read of the body; `count` and `count_media` count the rest's tokens.

    Ids and timestamps follow from positions alone, so the same body always gives the same prompt.
    Raises PromptError where the conversation or `documents` is no list of objects.
    """
    if query is not None and not isinstance(query, str):
        raise PromptError(f"query must be a string, not {type(query).__name__}")
    talk = talk_of(body, dialect, parsed)
    if documents:
        talk = with_documents(talk, dialect, [document_text(*item) for item in enumerate(documents)])
    if 0 <= talk.prefilled < parsed.count:
        # The same request again: what begins the answer is protected as it was the first time.
        parsed = ParsedMessages()
        talk = talk_of(body, dialect)
    parsed = _pinned_as_marked(parsed, talk, dialect)
    slots = list(parsed.slots)
    files, edits_files = exact_paths(talk.body, dialect, parsed.count, is_edited=parsed.reading.edits_files)
    steps = newest_steps(parsed.reading.steps, talk.messages, parsed.count)
    tools = _name_of_tools(talk.body)
    if tools != parsed.tools.name:
        parsed = replace(parsed, tools=NO_TOOLS)
    pieces = list(_placed_pieces(talk, dialect, parsed, slots, files))
    counts = count([placed.piece.raw for placed in pieces]) if count is not None else repeat(0)
    forced = forced_tools(body.get("tool_choice"))
    blocks = list(parsed.blocks)
    # While an agent works on what the user asked, that stands among what earlier turns read.
    unprotected = {block.id: block for block in _still_asking(parsed, talk)}
    for block in unprotected.values():
        blocks[_number_of(block)] = _protected(block)
    ends = (talk.asked, talk.prefilled)
    for placed, tokens in zip(pieces, counts, strict=False):
        block = _block(placed, len(blocks), tokens, talk, forced)
        if count_media is not None and (media := placed.text_part.media) is not None:
            tokens, note = count_media(media, dialect)
            block = block.but(tokens=tokens, note=note)
        if placed.text_part.message in ends and _is_protected(placed, talk):
            unprotected[block.id] = block
            block = _protected(block)
        blocks.append(block)
    blocks.extend(_moved(parsed.tools, len(blocks), len(slots)))
    slots.extend(parsed.tools.slots)
    blocks.append(Block("", BlockType.SYSTEM, FRAMING_ID, kind=Kind.FRAMING, verbatim=True, timestamp=_EPOCH))
    is_known = talk.asked >= 0 and talk.asked == parsed.reading.asked
    question = parsed.reading.question if is_known else None
    if query is None and not is_known:
        question = question_in(talk, dialect)
    asked = talk.asked if query is None or is_known else -1
    return Prompt(
        tuple(blocks),
        tuple(slots),
        talk.body,
        dialect,
        question if query is None else query,
        documents_at=talk.documents_at,
        unprotected=unprotected,
        reading=Reading(edits_files, talk.turn, talk.observations, asked, question, steps, tools),
    )


def _pinned_as_marked(parsed: ParsedMessages, talk: Talk, dialect: Dialect) -> ParsedMessages:
    """The parsed messages with what the client's cache marks pin now, where it moved them."""
    if not parsed.remarked:
        return parsed
    parts = {
        part.path: part
        for number in parsed.remarked
        for part in text_parts_of_message(talk.body, dialect, talk.messages[number], number)
    }
    blocks = [
        block.but(must_keep=_must_be_kept(parts[parsed.slots[block.slot].path], block.kind))
        if block.message in parsed.remarked and block.slot is not None
        else block
        for block in parsed.blocks
    ]
    return replace(parsed, blocks=tuple(blocks))


def _name_of_tools(body: Mapping[str, Any]) -> bytes:
    """Names all that the blocks of the tools depend on; empty where there are none."""
    if not body.get("tools") or body.get("functions"):
        return b""
    tools = as_json([body["tools"], body.get("tool_choice")])
    return hashlib.blake2b(tools, digest_size=_NAME_BYTES).digest()


def _moved(tools: ParsedTools, number: int, slot: int) -> Iterator[Block]:
    """The tools as they came, with the first of them under this number, and its text in this slot."""
    for at, block in enumerate(tools.came):
        yield block.but(
            id=_id_of(number + at),
            timestamp=_time_of(number + at),
            slot=None if block.slot is None else slot + block.slot,
        )


def _still_asking(parsed: ParsedMessages, talk: Talk) -> list[Block]:
    """The parsed blocks that ask on this turn, too."""
    if not parsed.asking or talk.asked >= parsed.count:
        return []
    return [block for block in parsed.blocks if block.message == talk.asked and block.id in parsed.asking]


def _protected(block: Block) -> Block:
    return block.but(must_keep=True, verbatim=True)


def _placed_pieces(
    talk: Talk, dialect: Dialect, parsed: ParsedMessages, slots: list[Slot], files: frozenset[Path]
) -> Iterator[_PlacedPiece]:
    """The pieces behind what is parsed, each with its slot and its place; new slots are added to `slots`."""
    places = {OUTSIDE: _blocks_outside(parsed)}
    text_parts = text_parts_of(
        talk.body, dialect, first_message=parsed.count, with_tools=not parsed.tools.came
    )
    if found := talk.observations.found:
        text_parts = (
            part._replace(tool_result=True) if part.message in found else part for part in text_parts
        )
    for message, parts_of_message in groupby(text_parts, key=attrgetter("message")):
        for text_part, pieces in pieces_of_message(list(parts_of_message), talk, files):
            slot = len(slots) if text_part.path is not None else None
            if text_part.path is not None:
                slots.append(Slot(text_part.path, text_part.role))
            is_file = is_of_file(text_part, files)
            for piece in pieces:
                place = places.get(message, 0)
                places[message] = place + 1
                yield _PlacedPiece(text_part, piece, slot, place, is_file)


def _block(placed: _PlacedPiece, number: int, tokens: int, talk: Talk, forced: frozenset[str]) -> Block:
    text_part, kind, text = placed.text_part, placed.piece.kind, placed.piece.content
    is_directing = _is_directing(text_part, kind)
    is_forced = kind is Kind.SCHEMA and bool(forced) and is_named(talk.body["tools"], text_part, forced)
    # Without its whitespace such a message would be empty, and lost.
    is_blank = text_part.type is not BlockType.ASSISTANT and text.isspace() and text == text_part.text
    return Block(
        text,
        BlockType.DOC if kind is Kind.DOCUMENT else text_part.type,
        _id_of(number),
        must_keep=is_forced or _must_be_kept(text_part, kind),
        tokens=tokens,
        timestamp=_time_of(number),
        kind=kind,
        verbatim=is_directing or is_blank or kind in (Kind.CALL, Kind.OPAQUE) or text_part.path is None,
        tool_result=text_part.tool_result,
        turn=talk.turn_of(text_part.message),
        slot=placed.slot,
        message=text_part.message,
        place=placed.place,
        exact=placed.is_file,
        wrapper=placed.piece.wrapper,
    )


def _is_directing(text_part: TextPart, kind: Kind) -> bool:
    if text_part.type not in DIRECTING_TYPES:
        return False
    # What a text of instructions is about is no instruction.
    return text_part.path is None or text_part.kind is not None or kind is Kind.PROSE


def _must_be_kept(text_part: TextPart, kind: Kind) -> bool:
    if kind is Kind.TOOL_TEXT or _is_directing(text_part, kind):
        return kind is not Kind.OPAQUE or text_part.pinned
    # Of pinned bulk a marker stays at least.
    return text_part.pinned and kind in (Kind.PROSE, Kind.OPAQUE)


def _id_of(number: int) -> str:
    return f"b{number}"


def _number_of(block: Block) -> int:
    return int(block.id[1:])


def _is_protected(placed: _PlacedPiece, talk: Talk) -> bool:
    """Whether the piece asks the question, or begins the answer: on this turn neither is cut or rewritten."""
    message = placed.text_part.message
    if message < 0:
        return False
    is_said = placed.piece.kind is Kind.PROSE and not placed.piece.background
    is_said = is_said and not placed.text_part.tool_result
    return message == talk.prefilled or (message == talk.asked and is_said)


@lru_cache(maxsize=10_000)
def _time_of(number: int) -> datetime:
    """Blocks are a second apart: what follows from the place alone is the same for every request."""
    return _EPOCH + timedelta(seconds=number)


def _blocks_outside(parsed: ParsedMessages) -> int:
    """How many blocks of system text stand before the parsed messages."""
    return next((at for at, block in enumerate(parsed.blocks) if block.message != OUTSIDE), 0)
