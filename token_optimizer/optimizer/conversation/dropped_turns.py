"""Drops whole turns: a turn goes with its tool calls and their results, and a marker says what went.

What the turns ordered (`extract_constraints`) is repeated in the marker, so that it stays in force.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace

from token_optimizer.models import Block, BlockType, Origin, Prompt
from token_optimizer.optimizer.formats.framing import message_framing, unframed
from token_optimizer.optimizer.markers import turns_marker, with_text
from token_optimizer.optimizer.prose.directives import extract_constraints


def droppable_turns(prompt: Prompt) -> dict[int, int]:
    """Turns without must-keep text, oldest first, each with its tokens and framing; never the newest."""
    tokens: dict[int, int] = {}
    kept: set[int] = set()
    messages: dict[int, set[int]] = {}
    for block in prompt.blocks:
        if block.turn < 0:
            continue
        tokens[block.turn] = tokens.get(block.turn, 0) + block.tokens
        messages.setdefault(block.turn, set()).add(block.message)
        # A call is verbatim, but goes with its turn.
        if block.must_keep or (block.verbatim and block.slot is not None):
            kept.add(block.turn)
    newest = max(tokens, default=-1)
    framing = message_framing(prompt)
    return {
        turn: tokens[turn] + sum(framing[index] for index in messages[turn])
        for turn in sorted(tokens)
        if turn not in kept and turn != newest
    }


def without_turns(prompt: Prompt, dropped: Set[int], show_handles: bool) -> Prompt:
    """The prompt without these turns, and one marker for every run of them."""
    if not dropped:
        return prompt
    blocks: list[Block] = []
    gone: list[Block] = []
    messages: set[int] = set()
    for block in prompt.blocks:
        if block.turn in dropped:
            gone.append(block)
            messages.add(block.message)
            continue
        if gone and block.slot is not None and block.turn > gone[-1].turn:
            blocks.append(_marker(gone, block, show_handles))
            gone = []
        blocks.append(block)
    return unframed(
        replace(prompt, blocks=tuple(blocks), gone_messages=prompt.gone_messages | messages), prompt
    )


def _marker(gone: list[Block], neighbour: Block, show_handles: bool) -> Block:
    """The marker for these blocks, at the start of its neighbour's message."""
    messages = len({block.message for block in gone})
    directives = extract_constraints(gone)
    original = "".join(block.content for block in gone)
    marker = Block(
        "",
        BlockType.USER if directives is None else BlockType.CONSTRAINT,
        f"cut-{gone[0].id}",
        must_keep=True,
        timestamp=neighbour.timestamp,
        message=neighbour.message,
        turn=neighbour.turn,
        slot=neighbour.slot,
        note="says what is missing",
        origin=Origin.MARKER,
    )
    text = turns_marker(messages, original, directives.content if directives is not None else "")
    return with_text(marker, text, show_handles)
