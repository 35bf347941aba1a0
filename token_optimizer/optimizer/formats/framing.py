"""What a dialect adds around the texts of a prompt, counted in the framing block.

With it the blocks of a prompt add up to the whole request exactly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby, pairwise
from operator import attrgetter
from typing import Any

from token_optimizer.dialects.bodies import framing_tokens, message_framing_tokens, messages_of
from token_optimizer.models import NO_PREFIX, Aggregate, Block, FrozenPrefix, Kind, Prompt
from token_optimizer.text.cache import Key, TextCache, keyed
from token_optimizer.tokens.joints import Count, joint_tokens

# A message of many blocks comes again on each turn of a conversation.
_JOINTS: TextCache[int] = TextCache(4_096)


def framed(
    prompt: Prompt, body: Mapping[str, Any], count: Count, counter: str = "", came: FrozenPrefix = NO_PREFIX
) -> Prompt:
    """The prompt with the framing of this body counted. One that is as it came begins with what `came`.

    Two blocks of one text can count a token more or less than the text does: the framing takes that up. How
    much is remembered where the counter has a name.
    """

    def joints(blocks: Sequence[Block]) -> int:
        return _joint_tokens(_parted(blocks), count, counter)

    as_it_came: Aggregate[int] = Aggregate(
        f"joints as it came, by {counter}", 0, lambda tokens, came, _: tokens + joints(came), ahead=False
    )
    as_sent: Aggregate[int] = Aggregate(
        f"joints as sent, by {counter}", 0, lambda tokens, _, sent: tokens + joints(sent), ahead=False
    )
    tokens = framing_tokens(body, prompt.dialect)
    if came.came:
        tokens += came.value(as_it_came) + joints(prompt.blocks[len(came.came) :])
    else:
        tokens += prompt.prefix.value(as_sent) + joints(prompt.rest)
    blocks = list(prompt.blocks)
    at = next(at for at in range(len(blocks) - 1, -1, -1) if blocks[at].kind is Kind.FRAMING)
    blocks[at] = blocks[at].but(tokens=tokens)
    return prompt.but(blocks=tuple(blocks))


def _parted(blocks: Sequence[Block]) -> list[list[Block]]:
    """The blocks of each text that has several."""
    slots = [block.slot for block in blocks if block.slot is not None]
    if len(set(slots)) == len(slots):
        return []
    split = {slot for slot, following in pairwise(slots) if slot == following}
    parts = [block for block in blocks if block.slot in split]
    return [list(group) for _, group in groupby(parts, attrgetter("slot"))]


def _joint_tokens(groups: Sequence[Sequence[Block]], count: Count, counter: str) -> int:
    if not groups:
        return 0
    keys = [_key(group, counter) for group in groups]
    known = dict(zip(keys, _JOINTS.get_many(keys) if counter else [None] * len(keys), strict=True))
    new = {key: group for key, group in zip(keys, groups, strict=True) if known[key] is None}
    if new:
        found = joint_tokens([[block.text for block in group] for group in new.values()], count)
        known.update(zip(new, found, strict=True))
        if counter:
            _JOINTS.put_many(zip(new, found, strict=True))
    return sum(known[key] or 0 for key in keys)


def _key(group: Sequence[Block], counter: str) -> Key:
    """The key of the text that the blocks make together, which is not put together for it."""
    parts = [
        block.content if block.wrapper is None else (block.content, block.wrapper, block.is_marker())
        for block in group
    ]
    return keyed(hash((counter, *parts)), sum(len(block.content) for block in group))


def framing_left(prompt: Prompt) -> int:
    """What the format adds around the messages that are left."""
    if not prompt.gone_messages:
        return framing_tokens(prompt.body, prompt.dialect)
    framing = message_framing(prompt)
    return framing_tokens(prompt.body, prompt.dialect) - sum(framing[index] for index in prompt.gone_messages)


def unframed(left: Prompt, before: Prompt) -> Prompt:
    """What is left of the prompt before, without the framing of the messages that went."""
    gone = framing_left(before) - framing_left(left)
    blocks = [
        block.but(tokens=block.tokens - gone) if block.kind is Kind.FRAMING else block
        for block in left.blocks
    ]
    return left.but(blocks=tuple(blocks))


def message_framing(prompt: Prompt) -> list[int]:
    """What the format adds around each message."""
    return [message_framing_tokens(message) for message in messages_of(prompt.body, prompt.dialect)]
