"""Drops whole turns: a turn goes with its tool calls and their results, and a marker says what went.

Directives that users gave in them follow the marker, in the users' own words, and so does all that a user
said where there is room for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from types import MappingProxyType

from token_optimizer.models import Block, BlockType, Origin, Prompt
from token_optimizer.optimizer.contract.context import Context
from token_optimizer.optimizer.conversation.turns.carried_words import carried_words
from token_optimizer.optimizer.formats.framing import message_framing, unframed
from token_optimizer.optimizer.marked_text import MarkedText
from token_optimizer.optimizer.markers import turns_marker, with_text


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


def without_turns(
    prompt: Prompt,
    dropped: Set[int],
    context: Context,
    words: Mapping[str, Sequence[MarkedText]] = MappingProxyType({}),
) -> Prompt:
    """The prompt without these turns, and one marker for every run of them, which the `words` of users
    follow, by the id of the block that they are from."""
    if not dropped:
        return prompt
    all_gone = [block for block in prompt.blocks if block.turn in dropped]
    # What takes back a directive is not lost where the directive itself stays.
    said = [block for block in prompt.blocks if block.turn >= 0]
    directives = carried_words(said, context.config.directive_keywords)
    carried = {
        block.id: _in_order(block, words.get(block.id, ()), directives.get(block.id, ()))
        for block in all_gone
    }
    blocks: list[Block] = []
    gone: list[Block] = []
    for block in prompt.blocks:
        if block.turn in dropped:
            gone.append(block)
            continue
        if gone and block.slot is not None and block.turn > gone[-1].turn:
            blocks.append(_marker(gone, block, carried, context.show_handles))
            gone = []
        blocks.append(block)
    messages = prompt.gone_messages | {block.message for block in all_gone}
    return unframed(prompt.but(blocks=tuple(blocks), gone_messages=messages), prompt)


def _in_order(block: Block, said: Sequence[MarkedText], directives: Sequence[str]) -> list[MarkedText]:
    """What stays of a block that goes: what was `said` in it, and its directives, each once."""
    unsaid = [text for text in directives if not any(text in one.text for one in said)]
    return sorted([*said, *map(MarkedText, unsaid)], key=lambda one: block.content.find(one.text))


def _marker(
    gone: Sequence[Block], neighbour: Block, carried: Mapping[str, Sequence[MarkedText]], show_handles: bool
) -> Block:
    """The marker for these blocks, at the start of its neighbour's message."""
    words = dict.fromkeys(text for block in gone for text in carried[block.id])
    marker = Block(
        "",
        BlockType.CONSTRAINT if words else BlockType.USER,
        f"cut-{gone[0].id}",
        must_keep=True,
        timestamp=neighbour.timestamp,
        message=neighbour.message,
        turn=neighbour.turn,
        slot=neighbour.slot,
        note="says what is missing",
        origin=Origin.MARKER,
    )
    original = "".join(block.content for block in gone)
    messages = len({block.message for block in gone})
    return with_text(marker, turns_marker(messages, original, list(words)), show_handles)
