"""Request bodies to blocks, and back.

A text of the body is a slot; a slot holds one block, or several where prose carries bulk. Rendering writes
the joined blocks of every changed slot into a copy of the body and leaves all else as it came, so a prompt
that nothing happened to renders as the same body.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from token_optimizer.errors import PromptError
from token_optimizer.models import Block, BlockType, Dialect, Kind, Path, Prompt, Slot
from token_optimizer.optimizer.bulk import MIN_BULK_CHARS, Piece, kind_of, split_bulk
from token_optimizer.optimizer.dialects import Spot, is_tool_result_only, messages_of, spots_of
from token_optimizer.seen_texts import SeenTexts, key_of

FRAMING_ID = "framing"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SPLIT_TYPES = (BlockType.USER, BlockType.ASSISTANT)
_SPLITS: SeenTexts[tuple[tuple[Kind, int], ...]] = SeenTexts(50_000)


def canonicalize(
    body: Mapping[str, Any],
    dialect: Dialect,
    *,
    documents: Sequence[Mapping[str, Any]] | None = None,
    query: str | None = None,
) -> Prompt:
    """The body as a Prompt. `documents` ({title, text} each) go into a user message before the question.

    Ids and timestamps follow from positions alone, so the same body always gives the same prompt.
    Raises PromptError where `messages` or `documents` is no list of objects.
    """
    messages = messages_of(body)
    asked = newest_user_message(messages)
    turns = _turns(messages)
    given: tuple[int | None, list[str]] = (None, [])
    if documents:
        place = asked if asked >= 0 else len(messages)
        given = (place, [_document_text(number, item) for number, item in enumerate(_checked(documents), 1)])
        messages = [*messages[:place], {"role": "user", "content": "".join(given[1])}, *messages[place:]]
        body = {**body, "messages": messages}
        asked = asked + 1 if asked >= 0 else -1
        # The documents belong to the turn that asks about them.
        turns.insert(place, turns[place] if place < len(turns) else 0)
    blocks: list[Block] = []
    slots: list[Slot] = []
    places: Counter[int] = Counter()
    for spot in spots_of(body, dialect):
        slot = len(slots) if spot.path is not None else None
        if spot.path is not None:
            slots.append(Slot(spot.path, spot.role))
        is_given = spot.message == given[0]
        pieces = [(Kind.DOCUMENT, text) for text in given[1]] if is_given else _pieces(spot)
        turn = turns[spot.message] if spot.message >= 0 else -1
        for kind, text in pieces:
            block = _block(spot, kind, text, len(blocks), slot, turn, spot.message == asked)
            block.metadata["place"] = places[spot.message]
            places[spot.message] += 1
            blocks.append(block)
    blocks.append(Block("", BlockType.SYSTEM, FRAMING_ID, kind=Kind.FRAMING, verbatim=True, timestamp=_EPOCH))
    asked_text = query if query is not None else _query(blocks, slots, asked)
    return Prompt(tuple(blocks), tuple(slots), body, dialect, asked_text, documents_at=given[0])


def newest_user_message(messages: Sequence[Mapping[str, Any]]) -> int:
    """The index of the newest message in which the user speaks; -1 where there is none."""
    for index in range(len(messages) - 1, -1, -1):
        if messages[index].get("role") == "user" and not is_tool_result_only(messages[index]):
            return index
    return -1


def render(prompt: Prompt, original: Prompt) -> tuple[dict[str, Any], bool]:
    """The body with the prompt's texts in it, and whether it differs from the one that came.

    A message whose texts have all become empty goes, and so does a tool that was dropped.
    """
    before, after = slot_texts(original), slot_texts(prompt)
    gone = prompt.gone_messages
    changed = [index for index, text in enumerate(after) if text != before[index]]
    changed = [index for index in changed if _message(prompt.slots[index].path) not in gone]
    body = dict(prompt.body)
    if not changed and not gone:
        return body, False
    copies: dict[Path, Any] = {(): body}
    for index in changed:
        _write(copies, prompt.slots[index].path, after[index])
    emptied = [prompt.slots[index].path for index in changed if not after[index]]
    _remove_empty(body, copies, emptied, gone)
    return body, True


def slot_texts(prompt: Prompt) -> list[str]:
    """The text of every slot: its blocks joined in order; empty where all were dropped."""
    parts: list[list[str]] = [[] for _ in prompt.slots]
    for block in prompt.blocks:
        if block.slot is not None:
            parts[block.slot].append(block.content)
    return [texts[0] if len(texts) == 1 else "".join(texts) for texts in parts]


def _pieces(spot: Spot) -> list[Piece]:
    if spot.kind is not None:
        return [(spot.kind, spot.text)]
    if not spot.tool_result and spot.type not in _SPLIT_TYPES:
        return [(Kind.PROSE, spot.text)]
    return _split(spot.text, whole=spot.tool_result)


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


def _block(spot: Spot, kind: Kind, text: str, number: int, slot: int | None, turn: int, asked: bool) -> Block:
    prose = kind is Kind.PROSE
    ruling = spot.type in (BlockType.SYSTEM, BlockType.DEVELOPER)
    question = asked and prose and not spot.tool_result
    return Block(
        text,
        BlockType.DOC if kind is Kind.DOCUMENT else spot.type,
        f"b{number}",
        must_keep=ruling or question or spot.pinned,
        timestamp=_EPOCH + timedelta(seconds=number),
        metadata={"message": spot.message, "role": spot.role},
        kind=kind,
        verbatim=ruling or question or kind is Kind.CALL or spot.path is None,
        tool_result=spot.tool_result,
        turn=turn,
        slot=slot,
    )


def _turns(messages: Sequence[Mapping[str, Any]]) -> list[int]:
    """The turn of each message: a turn opens with a user message that says something."""
    turns: list[int] = []
    turn = -1
    for message in messages:
        if message.get("role") == "user" and not is_tool_result_only(message):
            turn += 1
        turns.append(max(turn, 0) if message.get("role") not in ("system", "developer") else -1)
    return turns


def _query(blocks: Sequence[Block], slots: Sequence[Slot], asked: int) -> str | None:
    prose = [
        block.content
        for block in blocks
        if block.metadata.get("message") == asked and block.kind is Kind.PROSE and not block.tool_result
    ]
    return "\n".join(prose) or None


def _checked(documents: Sequence[Any]) -> Sequence[Mapping[str, Any]]:
    for number, document in enumerate(documents):
        if not isinstance(document, Mapping):
            found = type(document).__name__
            raise PromptError(f"documents[{number}] must be an object with title and text, not {found}")
    return documents


def _document_text(number: int, document: Mapping[str, Any]) -> str:
    return f"[{number}] {document.get('title') or 'Untitled'}\n{document.get('text') or ''}\n\n"


def _write(copies: dict[Path, Any], path: Path, text: str) -> None:
    """Put the text at its path, copying each container on the way once."""
    for depth in range(1, len(path)):
        prefix = path[:depth]
        if prefix not in copies:
            parent = copies[prefix[:-1]]
            value = parent[prefix[-1]]
            copies[prefix] = parent[prefix[-1]] = value.copy()
    is_tool = len(path) == 2 and path[0] == "tools"
    copies[path[:-1]][path[-1]] = json.loads(text) if is_tool and text else text


def _remove_empty(
    body: dict[str, Any], copies: dict[Path, Any], emptied: list[Path], gone: frozenset[int]
) -> None:
    """Take out emptied tools, content parts and messages; from the back, so that indexes hold."""
    for path in sorted(emptied, key=_position, reverse=True):
        if path[0] == "tools":
            del body["tools"][path[1]]
        elif len(path) > 3 and path[-1] == "text":
            del copies[path[:-2]][path[-2]]
    silent = {_message(path) for path in emptied if path[0] == "messages"}
    silent = {index for index in silent if _says_nothing(body["messages"][index])}
    if silent or gone:
        kept = enumerate(body["messages"])
        body["messages"] = [message for index, message in kept if index not in silent | gone]
    if "tools" in body and not body["tools"]:
        _drop_tools(body)


def _message(path: Path) -> int:
    """The index of the message that a path leads into; -1 outside of the messages."""
    return path[1] if path[0] == "messages" and isinstance(path[1], int) else -1


def _drop_tools(body: dict[str, Any]) -> None:
    """Providers refuse an empty list of tools, and a choice among none."""
    for name in ("tools", "tool_choice", "parallel_tool_calls"):
        body.pop(name, None)


def _says_nothing(message: Mapping[str, Any]) -> bool:
    speaks = message.get("content") or message.get("tool_calls") or message.get("refusal")
    return not speaks and message.get("role") not in ("tool", "function")


def _position(path: Path) -> tuple[tuple[int, str], ...]:
    return tuple((part, "") if isinstance(part, int) else (-1, part) for part in path)
