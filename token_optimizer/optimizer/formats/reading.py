"""Reads a request body as blocks.

A text of the body is a slot; a slot holds one block, or several where prose carries embedded content.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count as numbers
from itertools import repeat
from typing import Any

from token_optimizer.dialects.bodies import text_parts_of_message
from token_optimizer.dialects.media import CountMedia
from token_optimizer.dialects.unmarked_json import as_json
from token_optimizer.errors import PromptError
from token_optimizer.models import (
    NO_TOOLS,
    Block,
    BlockType,
    Dialect,
    Kind,
    ParsedMessages,
    ParsedTools,
    Prompt,
    Reading,
)
from token_optimizer.optimizer.formats.call_steps import newest_steps
from token_optimizer.optimizer.formats.file_reads import exact_paths
from token_optimizer.optimizer.formats.forced_tools import forced_tools
from token_optimizer.optimizer.formats.framing import Count
from token_optimizer.optimizer.formats.new_blocks import (
    EPOCH,
    PlacedPiece,
    block_of,
    id_of,
    is_protected,
    must_be_kept,
    placed_pieces,
    time_of,
)
from token_optimizer.optimizer.formats.newest_question import question_in
from token_optimizer.optimizer.formats.talk import Talk, document_text, talk_of, with_documents

FRAMING_ID = "framing"
_FRAMING = Block("", BlockType.SYSTEM, FRAMING_ID, kind=Kind.FRAMING, verbatim=True, timestamp=EPOCH)
_NAME_BYTES = 16


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
    talk, parsed = _talk_behind(parsed, body, dialect, documents or ())
    tools = _name_of_tools(body)
    if tools != parsed.tools.name:
        parsed = replace(parsed, tools=NO_TOOLS)
    known, slots = parsed.reading, list(parsed.slots)
    files, edits_files = exact_paths(talk.body, dialect, parsed.count, is_edited=known.edits_files)
    pieces = list(placed_pieces(talk, dialect, parsed, slots, files))
    counted = _counted(pieces, dialect, count, count_media)
    forced = forced_tools(body.get("tool_choice"))
    new = [
        block_of(placed, number, tokens, note, talk, forced)
        for number, placed, (tokens, note) in zip(numbers(len(parsed.blocks)), pieces, counted, strict=False)
    ]
    unprotected = {block.id: block for block in (*_still_asking(parsed, talk), *_asking(new, pieces, talk))}
    blocks = [*parsed.blocks, *new]
    for block in unprotected.values():
        blocks[_number_of(block)] = block.but(must_keep=True, verbatim=True)
    blocks.extend(_moved(parsed.tools, len(blocks), len(slots)))
    question, asked = _question(talk, dialect, known, query)
    return Prompt(
        (*blocks, _FRAMING),
        (*slots, *parsed.tools.slots),
        talk.body,
        dialect,
        question if query is None else query,
        documents_at=talk.documents_at,
        unprotected=unprotected,
        reading=Reading(
            edits_files,
            talk.turn,
            talk.observations,
            asked,
            question,
            newest_steps(known.steps, talk.messages, parsed.count),
            tools,
        ),
    )


def _talk_behind(
    parsed: ParsedMessages, body: Mapping[str, Any], dialect: Dialect, documents: Sequence[Mapping[str, Any]]
) -> tuple[Talk, ParsedMessages]:
    """The messages of the body, and what of the parsed ones holds on this turn."""
    talk = talk_of(body, dialect, parsed)
    if documents:
        talk = with_documents(talk, dialect, [document_text(*item) for item in enumerate(documents)])
    if 0 <= talk.prefilled < parsed.count:
        # The same request again: what begins the answer is protected as it was the first time.
        parsed = ParsedMessages()
        talk = talk_of(body, dialect)
    return talk, _pinned_as_marked(parsed, talk, dialect)


def _counted(
    pieces: Sequence[PlacedPiece], dialect: Dialect, count: Count | None, count_media: CountMedia | None
) -> Iterator[tuple[int, str]]:
    """The tokens of each piece, with a note on how those of media were found; 0 where nobody counts."""
    counts = count([placed.piece.raw for placed in pieces]) if count is not None else repeat(0)
    for placed, tokens in zip(pieces, counts, strict=False):
        media = placed.text_part.media
        yield (tokens, "") if media is None or count_media is None else count_media(media, dialect)


def _question(talk: Talk, dialect: Dialect, known: Reading, query: str | None) -> tuple[str | None, int]:
    """What the newest message of the user asks, looked for unless a query stands in its place, and the number
    of that message; None and -1 where it was not looked for."""
    if talk.asked >= 0 and talk.asked == known.asked:
        return known.question, talk.asked
    return (question_in(talk, dialect), talk.asked) if query is None else (None, -1)


def _asking(blocks: Sequence[Block], pieces: Sequence[PlacedPiece], talk: Talk) -> Iterator[Block]:
    """The blocks whose pieces ask the question, or begin the answer."""
    return (block for block, placed in zip(blocks, pieces, strict=True) if is_protected(placed, talk))


def _still_asking(parsed: ParsedMessages, talk: Talk) -> list[Block]:
    """The parsed blocks that ask on this turn, too."""
    if not parsed.asking or talk.asked >= parsed.count:
        return []
    return [block for block in parsed.blocks if block.message == talk.asked and block.id in parsed.asking]


def _number_of(block: Block) -> int:
    return int(block.id[1:])


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
        block.but(must_keep=must_be_kept(parts[parsed.slots[block.slot].path], block.kind))
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
            id=id_of(number + at),
            timestamp=time_of(number + at),
            slot=None if block.slot is None else slot + block.slot,
        )
