"""What an earlier turn read of a conversation: its messages' blocks, as they came and as they were sent.

The next turn brings all of those messages again. Their blocks are read, closed and counted already, and what
the trace says of them is the same on every turn; so they are taken as they are. They are held in the process
alone, under the key of the last message, which stands for all before it and starts from the owner's own salt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from operator import is_

from token_optimizer.models import OUTSIDE, Block, BlockFate, ParsedMessages, Prompt, Slot
from token_optimizer.optimizer.contract.trace import FROZEN, Ledger, block_fates
from token_optimizer.optimizer.conversation.prefix import frozen, frozen_ids
from token_optimizer.ports import Memory, SentMessage
from token_optimizer.prompt_cache.segments import NO_SEGMENTS, LeadingSegments
from token_optimizer.runtime.lru_cache import LRUCache
from token_optimizer.text.cache import on_forget

# What a block takes besides its text, in characters.
_BLOCK_CHARS = 600


@dataclass(frozen=True, slots=True)
class ParsedPrefix:
    """The leading messages of a conversation, and the system text before them.

    `sent` has what each message was sent as, `blocks` what they held as they came, open to all stages,
    `sent_blocks` the closed blocks that stood in their place, and `fates` what the trace says of them.
    `asking` and `edits_files` are as in ParsedMessages. `segments` are those of the prompt, where they were
    asked for, and `marked` the numbers of the messages that held cache marks. `chars` is the memory that it
    takes, about.
    """

    sent: tuple[SentMessage, ...] = ()
    slots: tuple[Slot, ...] = ()
    blocks: tuple[Block, ...] = ()
    sent_blocks: tuple[Block, ...] = ()
    fates: tuple[BlockFate, ...] = ()
    asking: frozenset[str] = frozenset()
    edits_files: bool = False
    segments: LeadingSegments = NO_SEGMENTS
    marked: frozenset[int] = frozenset()
    chars: int = 0

    def parsed(self, marked: frozenset[int]) -> ParsedMessages:
        """The messages as they came, which hold cache marks where they are `marked` now."""
        count, remarked = len(self.sent), self._remarked(marked)
        return ParsedMessages(count, self.slots, self.blocks, self.asking, self.edits_files, remarked)

    def _remarked(self, marked: frozenset[int]) -> frozenset[int]:
        return frozenset(number for number in self.marked ^ marked if number < len(self.sent))

    def stands_in(self, after: Prompt) -> bool:
        """Whether the prompt still begins with the blocks as they were sent."""
        count = len(self.sent_blocks)
        return len(after.blocks) >= count and all(map(is_, self.sent_blocks, after.blocks))

    def rest(self, original: Prompt) -> Prompt:
        """What stands behind the prefix in the prompt as it came."""
        return replace(original, blocks=original.blocks[len(self.blocks) :]) if self.blocks else original

    def sent_rest(self, after: Prompt) -> Prompt:
        """What stands behind the prefix in a prompt that it stands in."""
        return replace(after, blocks=after.blocks[len(self.sent_blocks) :]) if self.sent_blocks else after

    def followed_by(
        self,
        original: Prompt,
        sent: Sequence[SentMessage],
        tokens: Mapping[str, int],
        segments: LeadingSegments,
        marked: frozenset[int],
    ) -> ParsedPrefix:
        """The prefix with all further messages of the prompt, which were `sent` so: one of `sent` for each
        message from the first one on. `tokens` has the count of each block that was sent, by id; those that
        are `marked` hold cache marks now.
        """
        new = self.rest(original)
        new = replace(new, blocks=_unprotected(original, new.blocks[: _end_of_messages(new.blocks)]))
        count, is_remarked = len(self.blocks), bool(self._remarked(marked))
        blocks = _unprotected(original, original.blocks[:count]) if is_remarked else self.blocks
        closed = frozen(new, sent)
        closed = replace(closed, blocks=tuple(_counted(block, tokens[block.id]) for block in closed.blocks))
        ledger = Ledger()
        ledger.write(FROZEN, new.blocks, closed.blocks)
        fates = block_fates(new, closed, ledger, frozen_ids(new, closed))
        slots = 1 + max((block.slot for block in new.blocks if block.slot is not None), default=-1)
        return ParsedPrefix(
            tuple(sent),
            original.slots[: max(slots, len(self.slots))],
            (*blocks, *new.blocks),
            (*self.sent_blocks, *closed.blocks),
            (*self.fates, *fates),
            frozenset(original.unprotected),
            original.edits_files,
            segments,
            marked,
            self.chars + _chars((*new.blocks, *closed.blocks)),
        )


EMPTY_PREFIX = ParsedPrefix()
PARSED_PREFIXES: LRUCache[ParsedPrefix] = LRUCache(24_000_000)
on_forget(PARSED_PREFIXES.forget)


def take_over(prefix: ParsedPrefix, keys: Sequence[str], memory: Memory) -> None:
    """Hold what another process read of messages with these keys, and what it sent in the place of what this
    one's memory had."""
    memory.set_many(dict(zip(keys, prefix.sent, strict=True)))
    PARSED_PREFIXES.put(keys[-1], prefix, prefix.chars)


def _unprotected(original: Prompt, blocks: Sequence[Block]) -> tuple[Block, ...]:
    """The blocks as the coming turns read them."""
    return tuple(original.unprotected.get(block.id, block) for block in blocks)


def _counted(block: Block, tokens: int) -> Block:
    return block if block.tokens == tokens else block.but(tokens=tokens)


def _chars(blocks: Sequence[Block]) -> int:
    """What the blocks take in memory: the text of one that was sent as it came is held once."""
    texts = {id(block.content): len(block.content) for block in blocks}
    return sum(texts.values()) + _BLOCK_CHARS * len(blocks)


def _end_of_messages(blocks: Sequence[Block]) -> int:
    """Where the messages end: tools stand behind them."""
    return next(
        (at + 1 for at in range(len(blocks) - 1, -1, -1) if blocks[at].message != OUTSIDE),
        0,
    )
