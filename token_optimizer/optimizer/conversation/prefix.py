"""What was sent before for a conversation stays as it was, so that the provider's prompt cache holds.

A memory has under each message's key what the message was sent as. A later turn finds the longest run of
known keys; those messages are frozen, made again byte for byte, and only new ones are worked on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import compress, count, groupby
from operator import attrgetter

from token_optimizer.models import OUTSIDE, Block, BlockType, Kind, Prompt
from token_optimizer.optimizer.contract.trace import Ledger
from token_optimizer.ports import AddedBlock, SentBlock, SentMessage

_GONE, _UNCHANGED = attrgetter("gone"), attrgetter("unchanged")


def frozen(prompt: Prompt, known: Sequence[SentMessage]) -> Prompt:
    """The prompt with its known messages as they were sent, and closed to all stages."""
    if not known:
        return prompt
    blocks: list[Block] = []
    gone = frozenset(compress(count(), map(_GONE, known)))
    for number, group in _by_message(prompt):
        if number == OUTSIDE:
            unchanged = any(map(_UNCHANGED, known))
            blocks.extend(map(_closed_as_it_is, group) if unchanged else _outside_as_sent(group, known))
        elif number < len(known):
            blocks.extend(_message_as_sent(group, known[number]))
        else:
            blocks.extend(group)
    return prompt.but(blocks=tuple(blocks), gone_messages=gone)


def frozen_ids(original: Prompt, start: Prompt) -> frozenset[str]:
    """The ids of blocks that were sent before, those that were left out then among them."""
    closed = {block.id for block in start.blocks if block.frozen}
    open_ids = {block.id for block in start.blocks if not block.frozen}
    return frozenset(closed | {block.id for block in original.blocks if block.id not in open_ids})


def sent_messages(
    original: Prompt, after: Prompt, keys: Mapping[int, str], ledger: Ledger, opening: int
) -> dict[str, SentMessage]:
    """What the messages were sent as, by key; `keys` has the key of each message that is to be remembered,
    `opening` is the one that keeps system text and tools, and the ledger tells which blocks were cut, and why
    they were changed."""
    left = {block.id: block for block in after.blocks}
    added = _added_blocks(after, {block.id for block in original.blocks}, ledger)
    groups = dict(_by_message(original))

    def as_sent(blocks: Iterable[Block]) -> tuple[SentBlock, ...]:
        return tuple(_sent(block, left.get(block.id), ledger) for block in blocks)

    sent = {
        key: SentMessage(
            as_sent(groups.get(number, ())), tuple(added.get(number, ())), number in after.gone_messages
        )
        for number, key in keys.items()
    }
    if key := keys.get(opening):
        system, tools = (as_sent(filter(is_of, original.blocks)) for is_of in (_is_system, _is_tool))
        sent[key] = replace(sent[key], system=system, tools=tools)
    return sent


def opening_message(prompt: Prompt) -> int:
    """The first message in which the user speaks: what stands before it other conversations have, too."""
    of_users = (block.message for block in prompt.blocks if block.type is BlockType.USER)
    return next(of_users, 0)


def _by_message(prompt: Prompt) -> Iterator[tuple[int, list[Block]]]:
    """Runs of blocks of one message, in prompt order."""
    return ((number, list(group)) for number, group in groupby(prompt.blocks, attrgetter("message")))


def _is_tool(block: Block) -> bool:
    return block.kind is Kind.SCHEMA


def _is_system(block: Block) -> bool:
    """Whether it is text that stands outside of the messages."""
    return block.message == OUTSIDE and block.slot is not None and not _is_tool(block)


def _outside_as_sent(group: Sequence[Block], known: Sequence[SentMessage]) -> list[Block]:
    """System text and tools as they went with the opening message."""
    if not any(_is_system(block) or _is_tool(block) for block in group):
        return list(group)
    opening = next((message for message in known if message.system or message.tools), SentMessage())
    closed = _as_sent(group, _is_system, opening.system)
    return _as_sent(closed, _is_tool, opening.tools)


def tools_as_sent(tools: Sequence[Block], known: Sequence[SentMessage]) -> list[Block | None]:
    """The tools as they went with the opening message, None for one that went away; none of them where that
    is not known of each."""
    opening = next((message for message in known if message.system or message.tools), SentMessage())
    is_known = len(opening.tools) == len(tools) and all(map(_is_tool, tools))
    return list(map(_closed, tools, opening.tools)) if is_known and not any(map(_UNCHANGED, known)) else []


def _as_sent(
    group: Sequence[Block], is_of: Callable[[Block], bool], known: Sequence[SentBlock]
) -> list[Block]:
    """The group with those of its blocks that are meant as they were sent, if it has as many of them."""
    if len(known) != sum(map(is_of, group)):
        return list(group)
    sent = iter(known)
    closed = [_closed(block, next(sent)) if is_of(block) else block for block in group]
    return [block for block in closed if block is not None]


def _message_as_sent(group: Sequence[Block], message: SentMessage) -> list[Block]:
    if message.gone:
        return []
    if message.unchanged:
        return list(map(_closed_as_it_is, group))
    if len(message.blocks) != len(group):
        # Another release split the text: what is sent now is worked on as if it were new.
        return list(group)
    if not message.added:
        closed = map(_closed, group, message.blocks)
        return [block for block in closed if block is not None]
    blocks: list[Block] = []
    for place, block in enumerate(group):
        blocks.extend(_added_as_sent(item, block) for item in message.added if item.place == place)
        as_sent = _closed(block, message.blocks[place])
        if as_sent is not None:
            blocks.append(as_sent)
    return blocks


def _closed(block: Block, sent: SentBlock) -> Block | None:
    if sent.dropped:
        return None
    if sent.content is None:
        return block.but(note=sent.why, frozen=True, verbatim=True, must_keep=True)
    return block.but(
        content=sent.content,
        markers=sent.markers,
        original_content=block.content if sent.lossy else None,
        note=sent.why,
        frozen=True,
        verbatim=True,
        must_keep=True,
    )


def _closed_as_it_is(block: Block) -> Block:
    return block.but(frozen=True, verbatim=True, must_keep=True)


def _added_as_sent(item: AddedBlock, neighbour: Block) -> Block:
    return neighbour.but(
        id=item.id,
        content=item.content,
        markers=item.markers,
        type=item.type,
        kind=Kind.PROSE,
        note=item.why,
        frozen=True,
        verbatim=True,
        must_keep=True,
        tool_result=False,
        wrapper=None,
        origin=item.origin,
    )


def _added_blocks(after: Prompt, known: set[str], ledger: Ledger) -> dict[int, list[AddedBlock]]:
    """The blocks that came in, by message, each with its place among the message's own blocks."""
    added: dict[int, list[AddedBlock]] = {}
    for number, group in _by_message(after):
        if number == OUTSIDE:
            continue
        place = 0
        for block in group:
            if block.id in known:
                place = block.place + 1
            else:
                added.setdefault(number, []).append(_as_added(block, place, ledger))
    return added


def _as_added(block: Block, place: int, ledger: Ledger) -> AddedBlock:
    why = block.note if block.frozen else ledger.reason.get(block.id, block.note)
    return AddedBlock(block.id, place, block.content, block.type, why, block.origin, block.markers)


def _sent(block: Block, now: Block | None, ledger: Ledger) -> SentBlock:
    length, why = len(block.content), ledger.reason.get(block.id, "")
    if now is None:
        return SentBlock(block.kind, length, dropped=True, why=why)
    if now.content == block.content:
        return SentBlock(block.kind, length, None, False, block.id in ledger.cut, why)
    return SentBlock(block.kind, length, now.content, False, block.id in ledger.cut, why, now.markers)
