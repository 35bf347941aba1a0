"""Reads a request body as blocks.

A text of the body is a slot; a slot holds one block, or several where prose carries embedded content.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, cast

from token_optimizer.errors import PromptError
from token_optimizer.models import Block, BlockType, Dialect, Kind, Prompt, Slot
from token_optimizer.optimizer.conversation.parsed_prefix import EMPTY_PREFIX, ParsedPrefix
from token_optimizer.optimizer.conversation.prefix import OUTSIDE
from token_optimizer.optimizer.formats.dialects import (
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
from token_optimizer.optimizer.formats.embedded_content import MIN_BULK_CHARS, Piece, kind_of, split_bulk
from token_optimizer.optimizer.formats.text_parts import TextPart, as_list
from token_optimizer.text_cache import TextCache, key_of

FRAMING_ID = "framing"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SPLIT_TYPES = (BlockType.USER, BlockType.ASSISTANT)
_SPLITS: TextCache[tuple[tuple[Kind, int], ...]] = TextCache(50_000)


@dataclass(frozen=True, slots=True)
class _Talk:
    """The body with the documents put in, its messages, the turn of each, and what is in them.

    `asked` is the newest message in which the user speaks, `prefilled` an assistant's last message, which
    the answer goes on from; -1 where there is none.
    """

    body: Mapping[str, Any]
    messages: Sequence[Mapping[str, Any]]
    turns: Sequence[int]
    asked: int
    prefilled: int
    documents: Sequence[str] = ()
    documents_at: int | None = None


def canonicalize(
    body: Mapping[str, Any],
    dialect: Dialect,
    *,
    documents: Sequence[Mapping[str, Any]] | None = None,
    query: str | None = None,
    prefix: ParsedPrefix = EMPTY_PREFIX,
) -> Prompt:
    """The body as a Prompt. `documents` ({title, text} each) go into a user message before the question,
    and `prefix` has what an earlier turn read of the body.

    Ids and timestamps follow from positions alone, so the same body always gives the same prompt.
    Raises PromptError where the conversation or `documents` is no list of objects.
    """
    if query is not None and not isinstance(query, str):
        raise PromptError(f"query must be a string, not {type(query).__name__}")
    talk = _talk(body, dialect)
    if documents:
        talk = _with_documents(talk, dialect, [_document_text(*item) for item in enumerate(documents)])
    forced = _forced_tools(body.get("tool_choice"))
    blocks, slots = list(prefix.blocks), list(prefix.slots)
    places = {OUTSIDE: _ruling_blocks(blocks)}
    for text_part in text_parts_of(talk.body, dialect, first_message=len(prefix.sent)):
        slot = len(slots) if text_part.path is not None else None
        if text_part.path is not None:
            slots.append(Slot(text_part.path, text_part.role))
        for kind, text in _pieces(text_part, talk):
            block = _block(text_part, kind, text, len(blocks), slot, talk)
            if kind is Kind.SCHEMA and forced and _tool_named(body["tools"], text_part, forced):
                block.must_keep = True
            block.metadata["place"] = place = places.get(text_part.message, 0)
            places[text_part.message] = place + 1
            blocks.append(block)
    blocks.append(Block("", BlockType.SYSTEM, FRAMING_ID, kind=Kind.FRAMING, verbatim=True, timestamp=_EPOCH))
    asked = query if query is not None else _query(blocks, talk.asked)
    return Prompt(tuple(blocks), tuple(slots), talk.body, dialect, asked, documents_at=talk.documents_at)


def newest_question(body: Mapping[str, Any], dialect: Dialect) -> str | None:
    """What the user says at the end of the conversation, without the bulk in it; None where it ends with
    something else, as with the result of a tool. An assistant's beginning of the answer may follow."""
    talk = _talk(body, dialect)
    last = len(talk.messages) - 1 - (talk.prefilled >= 0)
    if talk.asked < 0 or talk.asked != last:
        return None
    text_parts = text_parts_of_message(body, dialect, talk.messages[last], last)
    said = [
        piece for text_part in text_parts if not text_part.tool_result for piece in _pieces(text_part, talk)
    ]
    return "\n".join(text for kind, text in said if kind is Kind.PROSE) or None


def _talk(body: Mapping[str, Any], dialect: Dialect) -> _Talk:
    messages = conversation_of(body, dialect)
    last = len(messages) - 1
    asked = next((index for index in range(last, -1, -1) if speaks(messages[index])), -1)
    prefilled = last if messages and role_of(messages[last]) == "assistant" else -1
    return _Talk(body, messages, _turns(messages), asked, prefilled)


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
        prefilled=talk.prefilled + (talk.prefilled >= at),
        documents=texts,
        documents_at=at,
    )


def _pieces(text_part: TextPart, talk: _Talk) -> list[Piece]:
    if text_part.message >= 0 and text_part.message == talk.documents_at:
        return [(Kind.DOCUMENT, text) for text in talk.documents]
    if text_part.kind is not None:
        return [(text_part.kind, text_part.text)]
    if not text_part.tool_result and text_part.type not in _SPLIT_TYPES:
        return [(Kind.PROSE, text_part.text)]
    return _split(text_part.text, whole=text_part.tool_result)


def _split(text: str, *, whole: bool) -> list[Piece]:
    """The text's pieces, a tool result being one of them; how a text was split before is remembered."""
    if len(text) < MIN_BULK_CHARS:
        return [(Kind.PROSE, text)]
    key = key_of(text, "whole" if whole else "split")
    lengths = _SPLITS.get(key)
    if lengths is None:
        pieces = [(kind_of(text), text)] if whole else split_bulk(text)
        _SPLITS.put(key, tuple((kind, len(piece)) for kind, piece in pieces))
        return pieces
    pieces, start = [], 0
    for kind, length in lengths:
        pieces.append((kind, text[start : start + length]))
        start += length
    return pieces


def _block(text_part: TextPart, kind: Kind, text: str, number: int, slot: int | None, talk: _Talk) -> Block:
    prose = kind is Kind.PROSE
    ruling = text_part.type in (BlockType.SYSTEM, BlockType.DEVELOPER)
    question = (
        text_part.message >= 0 and text_part.message == talk.asked and prose and not text_part.tool_result
    )
    prefill = text_part.message >= 0 and text_part.message == talk.prefilled
    # Of pinned bulk a marker stays at least.
    pinned = text_part.pinned and kind in (Kind.PROSE, Kind.OPAQUE)
    # Without its whitespace such a message would be empty, and lost.
    blank = text_part.type is not BlockType.ASSISTANT and text.isspace() and text == text_part.text
    return Block(
        text,
        BlockType.DOC if kind is Kind.DOCUMENT else text_part.type,
        f"b{number}",
        must_keep=(ruling and kind is not Kind.OPAQUE) or question or prefill or pinned,
        timestamp=_time_of(number),
        metadata={"message": text_part.message, "role": text_part.role},
        kind=kind,
        verbatim=ruling or question or prefill or blank or kind is Kind.CALL or text_part.path is None,
        tool_result=text_part.tool_result,
        turn=talk.turns[text_part.message] if text_part.message >= 0 else -1,
        slot=slot,
    )


@lru_cache(maxsize=10_000)
def _time_of(number: int) -> datetime:
    """Blocks are a second apart: what follows from the place alone is the same for every request."""
    return _EPOCH + timedelta(seconds=number)


def _turns(messages: Sequence[Mapping[str, Any]]) -> list[int]:
    """The turn of each message: a turn opens with a user message that answers no calls."""
    turns: list[int] = []
    turn = -1
    for message in messages:
        if message.get("role") == "assistant":
            pass  # most messages: neither of the others
        elif starts_turn(message):
            turn += 1
        elif stands_apart(message):
            turns.append(-1)
            continue
        turns.append(max(turn, 0))
    return turns


def _ruling_blocks(blocks: Sequence[Block]) -> int:
    """How many blocks of system text stand before the messages."""
    return next((at for at, block in enumerate(blocks) if block.metadata["message"] != OUTSIDE), 0)


def _query(blocks: Sequence[Block], asked: int) -> str | None:
    prose = [block.content for block in _of_message(blocks, asked) if _is_said(block)] if asked >= 0 else []
    return "\n".join(prose) or None


def _of_message(blocks: Sequence[Block], number: int) -> list[Block]:
    """The blocks of a message, sought from the end: it is one of the newest."""
    end = len(blocks)
    while end and not 0 <= blocks[end - 1].metadata.get("message", OUTSIDE) <= number:
        end -= 1
    start = end
    while start and blocks[start - 1].metadata["message"] == number:
        start -= 1
    return list(blocks[start:end])


def _is_said(block: Block) -> bool:
    return block.kind is Kind.PROSE and not block.tool_result


def _forced_tools(choice: Any) -> frozenset[str]:
    """The names of the tools that `tool_choice` names: a choice of one that is not there is refused."""
    if not isinstance(choice, dict):
        return frozenset()
    inner = choice.get("allowed_tools")
    holder = inner if isinstance(inner, dict) else choice
    chosen = [item for item in (choice, *as_list(holder.get("tools"))) if isinstance(item, dict)]
    return frozenset(filter(None, map(_name_of, chosen)))


def _tool_named(tools: Sequence[Any], text_part: TextPart, names: frozenset[str]) -> bool:
    return text_part.path is not None and _name_of(tools[cast(int, text_part.path[1])]) in names


def _name_of(tool: Mapping[str, Any]) -> str | None:
    """The name of a tool, or of a reference to one, in any dialect's shape."""
    inner = tool.get("function", tool.get("custom", tool))
    name = inner.get("name") if isinstance(inner, dict) else None
    return name if isinstance(name, str) else None


def _document_text(index: int, document: Any) -> str:
    if not isinstance(document, Mapping):
        found = type(document).__name__
        raise PromptError(f"documents[{index}] must be an object with title and text, not {found}")
    for name in ("title", "text"):
        if not isinstance(document.get(name), str | int | float | None):
            found = type(document[name]).__name__
            raise PromptError(f"documents[{index}].{name} must be a string, not {found}")
    return f"[{index + 1}] {document.get('title') or 'Untitled'}\n{document.get('text') or ''}\n\n"
