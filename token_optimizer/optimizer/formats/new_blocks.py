"""The blocks of what stands behind the parsed messages: each piece of a text with its slot and its place."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from token_optimizer.dialects.bodies import text_parts_of
from token_optimizer.dialects.text_parts import TextPart
from token_optimizer.models import OUTSIDE, Block, BlockType, Dialect, Kind, ParsedMessages, Path, Slot
from token_optimizer.optimizer.embedded.pieces import Piece
from token_optimizer.optimizer.formats.forced_tools import is_named
from token_optimizer.optimizer.formats.message_pieces import DIRECTING_TYPES, is_of_file, pieces_of_message
from token_optimizer.optimizer.formats.talk import Talk

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class PlacedPiece(NamedTuple):
    """A piece of a text part: the slot that it is written back to, its place among the message's, and whether
    it is the text of a file that may be edited."""

    text_part: TextPart
    piece: Piece
    slot: int | None
    place: int
    is_file: bool


def placed_pieces(
    talk: Talk, dialect: Dialect, parsed: ParsedMessages, slots: list[Slot], files: frozenset[Path]
) -> Iterator[PlacedPiece]:
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
                yield PlacedPiece(text_part, piece, slot, place, is_file)


def block_of(
    placed: PlacedPiece, number: int, tokens: int, note: str, talk: Talk, forced: frozenset[str]
) -> Block:
    """The block of this number, with its piece's tokens; `forced` names the tools that must be called."""
    text_part, kind, text = placed.text_part, placed.piece.kind, placed.piece.content
    is_directing = _is_directing(text_part, kind)
    is_forced = kind is Kind.SCHEMA and bool(forced) and is_named(talk.body["tools"], text_part, forced)
    # Without its whitespace such a message would be empty, and lost.
    is_blank = text_part.type is not BlockType.ASSISTANT and text.isspace() and text == text_part.text
    return Block(
        text,
        BlockType.DOC if kind is Kind.DOCUMENT else text_part.type,
        id_of(number),
        must_keep=is_forced or must_be_kept(text_part, kind),
        tokens=tokens,
        note=note,
        timestamp=time_of(number),
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


def is_protected(placed: PlacedPiece, talk: Talk) -> bool:
    """Whether the piece asks the question, or begins the answer: on this turn neither is cut or rewritten."""
    message = placed.text_part.message
    if message < 0:
        return False
    is_said = placed.piece.kind is Kind.PROSE and not placed.piece.background
    is_said = is_said and not placed.text_part.tool_result
    return message == talk.prefilled or (message == talk.asked and is_said)


def must_be_kept(text_part: TextPart, kind: Kind) -> bool:
    if kind is Kind.TOOL_TEXT or _is_directing(text_part, kind):
        return kind is not Kind.OPAQUE or text_part.pinned
    # Of pinned bulk a marker stays at least.
    return text_part.pinned and kind in (Kind.PROSE, Kind.OPAQUE)


def _is_directing(text_part: TextPart, kind: Kind) -> bool:
    if text_part.type not in DIRECTING_TYPES:
        return False
    # What a text of instructions is about is no instruction.
    return text_part.path is None or text_part.kind is not None or kind is Kind.PROSE


def id_of(number: int) -> str:
    return f"b{number}"


@lru_cache(maxsize=10_000)
def time_of(number: int) -> datetime:
    """Blocks are a second apart: what follows from the place alone is the same for every request."""
    return EPOCH + timedelta(seconds=number)


def _blocks_outside(parsed: ParsedMessages) -> int:
    """How many blocks of system text stand before the parsed messages."""
    return next((at for at, block in enumerate(parsed.blocks) if block.message != OUTSIDE), 0)
