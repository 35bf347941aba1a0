"""Reads a request body as blocks.

A text of the body is a slot; a slot holds one block, or several where prose carries embedded content.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from itertools import groupby, repeat, takewhile
from operator import attrgetter
from typing import Any, NamedTuple, cast

from token_optimizer.dialects.bodies import (
    carries_tool_results,
    conversation_key,
    conversation_of,
    role_of,
    speaks,
    stands_apart,
    starts_turn,
    text_parts_of,
    text_parts_of_message,
)
from token_optimizer.dialects.media import CountMedia
from token_optimizer.dialects.text_parts import TextPart, as_list
from token_optimizer.errors import PromptError
from token_optimizer.models import (
    OUTSIDE,
    Block,
    BlockType,
    Dialect,
    Kind,
    ParsedMessages,
    Path,
    Prompt,
    Slot,
)
from token_optimizer.optimizer.embedded.content import (
    MIN_BULK_CHARS,
    agent_instruction_pieces,
    instruction_pieces,
    kind_of,
    message_pieces,
    result_pieces,
    split_bulk,
)
from token_optimizer.optimizer.embedded.pieces import Piece
from token_optimizer.optimizer.embedded.question.asking import asks, asks_question, question_of
from token_optimizer.optimizer.formats.file_reads import exact_paths, is_within
from token_optimizer.optimizer.formats.framing import Count
from token_optimizer.optimizer.formats.joint_reading import pieces_of_parts
from token_optimizer.optimizer.formats.observations import observations_in
from token_optimizer.text.cache import TextCache, key_of, remembered

FRAMING_ID = "framing"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DIRECTING = frozenset({BlockType.SYSTEM, BlockType.DEVELOPER})
_SPLITTERS: dict[BlockType, Callable[[str], list[Piece]]] = {
    BlockType.SYSTEM: instruction_pieces,
    BlockType.DEVELOPER: instruction_pieces,
    BlockType.USER: message_pieces,
    BlockType.ASSISTANT: split_bulk,
}
# The pieces of a text without their own texts, and the length of each.
_SPLITS: TextCache[tuple[tuple[Piece, int], ...]] = TextCache(50_000, max_chars=12_000_000)


@dataclass(frozen=True, slots=True)
class _Talk:
    """The body with the documents put in, its messages, the turn of each, and what is in them.

    `asked` is the newest message in which the user speaks, `prefilled` an assistant's last message, which
    the answer goes on from; -1 where there is none. `observations` are the user's messages that a program
    wrote.
    """

    body: Mapping[str, Any]
    messages: Sequence[Mapping[str, Any]]
    turns: Sequence[int]
    asked: int
    prefilled: int
    observations: frozenset[int] = frozenset()
    documents: Sequence[str] = ()
    documents_at: int | None = None


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
    talk = _talk(body, dialect)
    if documents:
        talk = _with_documents(talk, dialect, [document_text(*item) for item in enumerate(documents)])
    if 0 <= talk.prefilled < parsed.count:
        # The same request again: what begins the answer is protected as it was the first time.
        parsed = ParsedMessages()
    parsed = _pinned_as_marked(parsed, talk, dialect)
    slots = list(parsed.slots)
    files, edits_files = exact_paths(talk.body, dialect, parsed.count, is_edited=parsed.edits_files)
    pieces = list(_placed_pieces(talk, dialect, parsed, slots, files))
    counts = count([placed.piece.raw for placed in pieces]) if count is not None else repeat(0)
    forced = _forced_tools(body.get("tool_choice"))
    blocks = list(parsed.blocks)
    # While an agent works on what the user asked, that stands among what earlier turns read.
    unprotected = {block.id: block for block in _still_asking(parsed, talk)}
    for block in unprotected.values():
        blocks[_number_of(block)] = _protected(block)
    for placed, tokens in zip(pieces, counts, strict=False):
        block = _block(placed, len(blocks), tokens, talk, forced)
        if count_media is not None and placed.text_part.media is not None:
            tokens, note = count_media(placed.text_part.media, dialect)
            block = block.but(tokens=tokens, note=note)
        if _is_protected(placed, talk):
            unprotected[block.id] = block
            block = _protected(block)
        blocks.append(block)
    blocks.append(Block("", BlockType.SYSTEM, FRAMING_ID, kind=Kind.FRAMING, verbatim=True, timestamp=_EPOCH))
    asked = query if query is not None else _question(talk, dialect)
    return Prompt(
        tuple(blocks),
        tuple(slots),
        talk.body,
        dialect,
        asked,
        documents_at=talk.documents_at,
        unprotected=unprotected,
        edits_files=edits_files,
    )


def _pinned_as_marked(parsed: ParsedMessages, talk: _Talk, dialect: Dialect) -> ParsedMessages:
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


def _still_asking(parsed: ParsedMessages, talk: _Talk) -> list[Block]:
    """The parsed blocks that ask on this turn, too."""
    if not parsed.asking or talk.asked >= parsed.count:
        return []
    return [block for block in parsed.blocks if block.message == talk.asked and block.id in parsed.asking]


def _protected(block: Block) -> Block:
    return block.but(must_keep=True, verbatim=True)


def newest_question(body: Mapping[str, Any], dialect: Dialect) -> str | None:
    """What the user says at the end of the conversation; None where it ends with something else, as with
    the result of a tool. An assistant's beginning of the answer may follow."""
    talk = _talk(body, dialect)
    last = len(talk.messages) - 1 - (talk.prefilled >= 0)
    return _question(talk, dialect) if talk.asked == last else None


def ends_with_user(body: Mapping[str, Any], dialect: Dialect) -> bool:
    """Whether the user speaks at the end of the conversation; all else has no newest question."""
    messages = conversation_of(body, dialect)
    if messages and role_of(messages[-1]) == "assistant":
        messages = messages[:-1]
    return bool(messages) and speaks(messages[-1])


def _question(talk: _Talk, dialect: Dialect) -> str | None:
    """What the newest message asks in which the user speaks: its prose, of which only the question counts
    where it comes with embedded content."""
    if talk.asked < 0 or talk.asked in talk.observations:
        return None
    text_parts = text_parts_of_message(talk.body, dialect, talk.messages[talk.asked], talk.asked)
    read = _pieces_of_message(list(text_parts), talk)
    said = [piece for part, pieces in read if not part.tool_result for piece in pieces]
    examples = [at for at, piece in enumerate(said) if piece.kind is Kind.EXAMPLES]
    if examples and (asked := _prose(said[examples[-1] + 1 :]).strip()):
        return asked
    prose = _prose(said)
    is_bulk = sum(len(piece.raw) for piece in said) >= MIN_BULK_CHARS
    # What such a message seems to ask may be a part of what it hands in.
    if is_bulk and (asked := _asked_by_instructions(talk, dialect)):
        return f"{asked}\n{prose}" if asks(prose) else asked
    is_alone = all(piece.kind is Kind.PROSE and not piece.background for piece in said)
    return (prose if is_alone else question_of(prose)) or None


def _asked_by_instructions(talk: _Talk, dialect: Dialect) -> str:
    """The question that short instructions ask of what the user hands in; empty where they ask none."""
    parts = takewhile(lambda part: part.type in _DIRECTING, text_parts_of(talk.body, dialect))
    return _question_of_instructions("\n".join(part.text for part in parts))


@remembered(1_000)
def _question_of_instructions(told: str) -> str:
    return question_of(told) if asks_question(told) and asks(told) else ""


def _prose(pieces: Sequence[Piece]) -> str:
    return "\n".join(piece.raw for piece in pieces if piece.kind is Kind.PROSE and not piece.background)


def _placed_pieces(
    talk: _Talk, dialect: Dialect, parsed: ParsedMessages, slots: list[Slot], files: frozenset[Path]
) -> Iterator[_PlacedPiece]:
    """The pieces behind what is parsed, each with its slot and its place; new slots are added to `slots`."""
    places = {OUTSIDE: _blocks_outside(parsed)}
    text_parts = (
        part._replace(tool_result=True) if part.message in talk.observations else part
        for part in text_parts_of(talk.body, dialect, first_message=parsed.count)
    )
    for message, parts_of_message in groupby(text_parts, key=attrgetter("message")):
        for text_part, pieces in _pieces_of_message(list(parts_of_message), talk, files):
            slot = len(slots) if text_part.path is not None else None
            if text_part.path is not None:
                slots.append(Slot(text_part.path, text_part.role))
            is_file = _is_of_file(text_part, files)
            for piece in pieces:
                place = places.get(message, 0)
                places[message] = place + 1
                yield _PlacedPiece(text_part, piece, slot, place, is_file)


def _is_of_file(text_part: TextPart, files: frozenset[Path]) -> bool:
    return bool(files) and text_part.path is not None and is_within(text_part.path, files)


def _file_pieces(text: str) -> list[Piece]:
    """The text of a file: whatever the file holds, only whole lines of it may go."""
    return [Piece(Kind.LOG if kind_of(text) is Kind.LOG else Kind.CODE, text)]


def _talk(body: Mapping[str, Any], dialect: Dialect) -> _Talk:
    messages = conversation_of(body, dialect)
    last = len(messages) - 1
    asked = next((index for index in range(last, -1, -1) if speaks(messages[index])), -1)
    prefilled = last if messages and role_of(messages[last]) == "assistant" else -1
    return _Talk(body, messages, _turns(messages), asked, prefilled, observations_in(messages))


def _with_documents(talk: _Talk, dialect: Dialect, texts: list[str]) -> _Talk:
    """The documents in a user message before the question; behind it where it answers tool calls too,
    since nothing may come between a call and its result."""
    at = talk.asked if talk.asked >= 0 else len(talk.messages)
    behind = talk.asked >= 0 and carries_tool_results(talk.messages[at])
    at += behind
    given = {"role": "user", "content": "".join(texts)}
    messages = [*talk.messages[:at], given, *talk.messages[at:]]
    # The documents belong to the turn that asks about them.
    turn = talk.turns[talk.asked] if talk.asked >= 0 else max(talk.turns, default=0)
    return replace(
        talk,
        body={**talk.body, conversation_key(dialect): messages},
        messages=messages,
        turns=[*talk.turns[:at], max(turn, 0), *talk.turns[at:]],
        asked=talk.asked + (talk.asked >= at),
        observations=frozenset(number + (number >= at) for number in talk.observations),
        prefilled=talk.prefilled + (talk.prefilled >= at),
        documents=texts,
        documents_at=at,
    )


def _pieces_of_message(
    text_parts: Sequence[TextPart], talk: _Talk, files: frozenset[Path] = frozenset()
) -> Iterator[tuple[TextPart, Iterable[Piece]]]:
    """Each text part of a message with its pieces; what a user says in several is read as one text."""
    if len(text_parts) == 1:
        part = text_parts[0]
        yield part, _split(part.text, _file_pieces) if _is_of_file(part, files) else _pieces(part, talk)
        return
    said = [part for part in text_parts if _is_said_in_part(part)]
    together = None
    if len(said) > 1 and said[0].message != talk.documents_at:
        together = pieces_of_parts([part.text for part in said], partial(_split, splitter=message_pieces))
    read = iter(together or ())
    for part in text_parts:
        pieces = next(read) if together and _is_said_in_part(part) else None
        is_short_edge = part in (said[:1] + said[-1:]) and len(part.text) < MIN_BULK_CHARS
        if _is_of_file(part, files):
            yield part, _split(part.text, _file_pieces)
        else:
            yield part, _pieces(part, talk) if pieces is None or is_short_edge else pieces


def _is_said_in_part(part: TextPart) -> bool:
    is_text = part.kind is None and part.path is not None and not part.tool_result
    return is_text and part.type is BlockType.USER and bool(part.text)


def _pieces(text_part: TextPart, talk: _Talk) -> list[Piece]:
    if text_part.message >= 0 and text_part.message == talk.documents_at:
        return [Piece(Kind.DOCUMENT, text) for text in talk.documents]
    if text_part.kind is not None:
        return [Piece(text_part.kind, text_part.text)]
    splitter = result_pieces if text_part.tool_result else _SPLITTERS.get(text_part.type)
    if splitter is instruction_pieces and (talk.body.get("tools") or talk.body.get("functions")):
        splitter = agent_instruction_pieces
    if splitter is None or text_part.path is None or len(text_part.text) < MIN_BULK_CHARS:
        return [Piece(Kind.PROSE, text_part.text)]
    return _split(text_part.text, splitter)


def _split(text: str, splitter: Callable[[str], list[Piece]]) -> list[Piece]:
    """The text's pieces; how a text was split before is remembered."""
    key = key_of(text, splitter.__name__)
    known = _SPLITS.get(key)
    if known is None:
        pieces = splitter(text)
        _SPLITS.put(key, tuple((piece._replace(raw=""), len(piece.raw)) for piece in pieces))
        return pieces
    pieces, start = [], 0
    for piece, length in known:
        pieces.append(piece._replace(raw=text[start : start + length]))
        start += length
    return pieces


def _block(placed: _PlacedPiece, number: int, tokens: int, talk: _Talk, forced: frozenset[str]) -> Block:
    text_part, kind, text = placed.text_part, placed.piece.kind, placed.piece.content
    is_directing = _is_directing(text_part, kind)
    is_forced = kind is Kind.SCHEMA and bool(forced) and _is_named(talk.body["tools"], text_part, forced)
    # Without its whitespace such a message would be empty, and lost.
    is_blank = text_part.type is not BlockType.ASSISTANT and text.isspace() and text == text_part.text
    return Block(
        text,
        BlockType.DOC if kind is Kind.DOCUMENT else text_part.type,
        _id_of(number),
        must_keep=_must_be_kept(text_part, kind) or is_forced,
        tokens=tokens,
        timestamp=_time_of(number),
        kind=kind,
        verbatim=is_directing or is_blank or kind in (Kind.CALL, Kind.OPAQUE) or text_part.path is None,
        tool_result=text_part.tool_result,
        turn=talk.turns[text_part.message] if text_part.message >= 0 else -1,
        slot=placed.slot,
        message=text_part.message,
        place=placed.place,
        exact=placed.is_file,
        wrapper=placed.piece.wrapper,
    )


def _is_directing(text_part: TextPart, kind: Kind) -> bool:
    # What a text of instructions is about is no instruction.
    is_embedded = text_part.path is not None and text_part.kind is None and kind is not Kind.PROSE
    return text_part.type in _DIRECTING and not is_embedded


def _must_be_kept(text_part: TextPart, kind: Kind) -> bool:
    if kind is Kind.TOOL_TEXT or _is_directing(text_part, kind):
        return kind is not Kind.OPAQUE or text_part.pinned
    # Of pinned bulk a marker stays at least.
    return text_part.pinned and kind in (Kind.PROSE, Kind.OPAQUE)


def _id_of(number: int) -> str:
    return f"b{number}"


def _number_of(block: Block) -> int:
    return int(block.id[1:])


def _is_protected(placed: _PlacedPiece, talk: _Talk) -> bool:
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


def _turns(messages: Sequence[Mapping[str, Any]]) -> list[int]:
    """The turn of each message: a turn opens with a user message that answers no calls."""
    turns: list[int] = []
    turn = -1
    for message in messages:
        if message.get("role") in ("assistant", "tool"):
            pass  # most messages: neither of the others
        elif starts_turn(message):
            turn += 1
        elif stands_apart(message):
            turns.append(-1)
            continue
        turns.append(max(turn, 0))
    return turns


def _blocks_outside(parsed: ParsedMessages) -> int:
    """How many blocks of system text stand before the parsed messages."""
    return next((at for at, block in enumerate(parsed.blocks) if block.message != OUTSIDE), 0)


def _forced_tools(choice: Any) -> frozenset[str]:
    """The names of the tools that `tool_choice` names: a choice of one that is not there is refused."""
    if not isinstance(choice, dict):
        return frozenset()
    inner = choice.get("allowed_tools")
    holder = inner if isinstance(inner, dict) else choice
    chosen = [item for item in (choice, *as_list(holder.get("tools"))) if isinstance(item, dict)]
    return frozenset(filter(None, map(_name_of, chosen)))


def _is_named(tools: Sequence[Any], text_part: TextPart, names: frozenset[str]) -> bool:
    return text_part.path is not None and _name_of(tools[cast(int, text_part.path[1])]) in names


def _name_of(tool: Mapping[str, Any]) -> str | None:
    """The name of a tool, or of a reference to one, in any dialect's shape."""
    inner = tool.get("function", tool.get("custom", tool))
    name = inner.get("name") if isinstance(inner, dict) else None
    return name if isinstance(name, str) else None


def document_text(index: int, document: Any) -> str:
    """A document as it stands in a message: numbered, under its title."""
    if not isinstance(document, Mapping):
        found = type(document).__name__
        raise PromptError(f"documents[{index}] must be an object with title and text, not {found}")
    for name in ("title", "text"):
        if not isinstance(document.get(name), str | int | float | None):
            found = type(document[name]).__name__
            raise PromptError(f"documents[{index}].{name} must be a string, not {found}")
    return f"[{index + 1}] {document.get('title') or 'Untitled'}\n{document.get('text') or ''}\n\n"
