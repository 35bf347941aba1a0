"""What an earlier turn read of a conversation: its messages' blocks, as they came and as they were sent.

The next turn brings all of those messages again. Their blocks are read, closed and counted already, and what
the trace says of them is the same on every turn; so they are taken as they are. They are held in the process
alone, under the key of the last message, which stands for all before it and starts from the owner's own salt.

Where the newest message asks, another question may come in its place, as an edited one does, or many on the
same documents. It is no later turn, and decides itself what is cut; but all before it need not be read again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from operator import is_
from typing import Any

from token_optimizer.dialects.bodies import messages_of, speaks, starts_turn
from token_optimizer.dialects.unmarked_json import as_json
from token_optimizer.models import (
    NO_PREFIX,
    NO_TOOLS,
    NOTHING_PARSED,
    NOTHING_READ,
    OUTSIDE,
    Block,
    BlockFate,
    Dialect,
    FrozenPrefix,
    ParsedMessages,
    ParsedTools,
    Prompt,
    Reading,
    Slot,
)
from token_optimizer.optimizer.contract.trace import FROZEN, Ledger, block_fates
from token_optimizer.optimizer.conversation.prefix import frozen, frozen_ids, tools_as_sent
from token_optimizer.optimizer.formats.observations import observations_in
from token_optimizer.ports import Memory, SentMessage
from token_optimizer.prompt_cache.segments import NO_SEGMENTS, LeadingSegments
from token_optimizer.runtime.lru_cache import LRUCache
from token_optimizer.text.cache import on_forget

# What a block takes besides its text, in characters.
_BLOCK_CHARS = 600
_MAX_BEGINNINGS = 2_000


@dataclass(frozen=True, slots=True)
class Beginning:
    """The first `count` messages, the last of which has this `key`. A question followed: another one may.

    They hold so many `blocks` and `slots`. `reading` is as before the question, `system` the text outside of
    the messages with its cache marks, and `is_observed`: a program wrote some of the messages.
    """

    key: str
    count: int
    blocks: int
    slots: int
    reading: Reading
    system: bytes
    is_observed: bool

    @classmethod
    def of(cls, original: Prompt, key: str) -> Beginning | None:
        """What ends with this key before the newest message; None where that asks nothing."""
        if not asks_alone(original.body, original.dialect):
            return None
        messages, reading = messages_of(original.body, original.dialect), original.reading
        before = replace(reading, turn=reading.turn - 1, asked=-1, question=None)
        count = len(messages) - 1
        blocks = next((at for at, block in enumerate(original.blocks) if block.message == count), 0)
        if not blocks:
            return None
        slots = [block.slot for block in original.blocks[:blocks] if block.slot is not None]
        system, is_observed = _system_of(original.body), bool(reading.observations.found)
        return cls(key, count, blocks, 1 + max(slots, default=-1), before, system, is_observed)


def asks_alone(body: Mapping[str, Any], dialect: Dialect) -> bool:
    """Whether the user speaks in the newest message, and answers no calls."""
    newest = messages_of(body, dialect)[-1]
    return speaks(newest) and starts_turn(newest)


def _system_of(body: Mapping[str, Any]) -> bytes:
    return as_json([body.get("system"), body.get("instructions")])


@dataclass(frozen=True, slots=True)
class ParsedPrefix:
    """The leading messages of a conversation, and the system text before them.

    `sent` has what each message was sent as, `frozen` what they held as they came, open to all stages, and
    the closed blocks that stood in their place, and `fates` what the trace says of them.
    `asking` and `reading` are as in ParsedMessages. `segments` are those of the prompt, where they were
    asked for, and `marked` the numbers of the messages that held cache marks. `tools` stand behind the
    messages. `goes_on`: it was held when a later turn came. `chars` is the memory that it takes, about.
    `beginning` is what stands before the question, where all of it was read at once. `before` is the key of
    the prefix that it went on from, where that is held for another question.
    """

    sent: tuple[SentMessage, ...] = ()
    slots: tuple[Slot, ...] = ()
    frozen: FrozenPrefix = NO_PREFIX
    fates: tuple[BlockFate, ...] = ()
    asking: frozenset[str] = frozenset()
    reading: Reading = NOTHING_READ
    segments: LeadingSegments = NO_SEGMENTS
    marked: frozenset[int] = frozenset()
    tools: ParsedTools = NO_TOOLS
    goes_on: bool = False
    chars: int = 0
    beginning: Beginning | None = None
    before: str = ""

    def parsed(self, marked: frozenset[int]) -> ParsedMessages:
        """The messages as they came, which hold cache marks where they are `marked` now."""
        count, remarked = len(self.sent), self._remarked(marked)
        return ParsedMessages(
            count, self.slots, self.frozen.came, self.asking, self.reading, remarked, self.tools
        )

    def beginning_of(
        self, body: Mapping[str, Any], dialect: Dialect, marked: frozenset[int]
    ) -> ParsedMessages:
        """What stands before the newest message of the body, which is new, as it came; nothing where it would
        be read otherwise before that."""
        start, messages = self.beginning, messages_of(body, dialect)
        if start is None or not asks_alone(body, dialect) or start.system != _system_of(body):
            return NOTHING_PARSED
        observations = observations_in(messages[: start.count])
        found = observations_in(messages, observations, start.count).found
        if {bool(observations.found), bool(found)} != {start.is_observed}:
            return NOTHING_PARSED
        return ParsedMessages(
            start.count,
            self.slots[: start.slots],
            self.frozen.came[: start.blocks],
            reading=replace(start.reading, observations=observations),
            remarked=frozenset(number for number in self.marked ^ marked if number < start.count),
            tools=self.tools,
        )

    def _remarked(self, marked: frozenset[int]) -> frozenset[int]:
        return frozenset(number for number in self.marked ^ marked if number < len(self.sent))

    def stands_in(self, after: Prompt) -> bool:
        """Whether the prompt still begins with the blocks as they were sent."""
        if after.prefix is self.frozen:
            return True
        count = len(self.frozen.sent)
        return len(after.blocks) >= count and all(map(is_, self.frozen.sent, after.blocks))

    def rest(self, original: Prompt) -> Prompt:
        """What stands behind the prefix in the prompt as it came."""
        came = self.frozen.came
        return original.but(blocks=original.blocks[len(came) :]) if came else original

    def sent_rest(self, after: Prompt) -> Prompt:
        """What stands behind the prefix in a prompt that it stands in."""
        sent = self.frozen.sent
        return after.but(blocks=after.blocks[len(sent) :]) if sent else after

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
        new = new.but(blocks=_unprotected(original, new.blocks[: _end_of_messages(new.blocks)]))
        known = self.frozen
        if self._remarked(marked):
            known = known.as_pinned(_unprotected(original, original.blocks[: len(known.came)]))
        closed = frozen(new, sent)
        closed = closed.but(blocks=tuple(_counted(block, tokens[block.id]) for block in closed.blocks))
        if not all(block.frozen for block in closed.blocks):
            return EMPTY_PREFIX
        ledger = Ledger()
        ledger.write(FROZEN, new.blocks, closed.blocks)
        fates = block_fates(new, closed, ledger, frozen_ids(new, closed))
        slots = 1 + max((block.slot for block in new.blocks if block.slot is not None), default=-1)
        tools = self.tools
        if original.reading.tools != tools.name:
            tools = _tools_of(original, sent, tokens)
        return ParsedPrefix(
            tuple(sent),
            original.slots[: max(slots, len(self.slots))],
            known.followed_by(new.blocks, closed.blocks),
            (*self.fates, *fates),
            frozenset(original.unprotected),
            original.reading,
            segments,
            marked,
            tools,
            bool(self.sent),
            self.chars + _chars((*new.blocks, *closed.blocks)) + _chars_of_tools(tools) * (not self.sent),
            self.beginning,
        )

    def closed_tools(self, original: Prompt) -> list[Block] | None:
        """The tools of the prompt as they were sent; None where that is not held."""
        if not self.tools.came or original.reading.tools != self.tools.name:
            return None
        came = original.blocks[-len(self.tools.came) - 1 : -1]
        return [
            sent.but(id=block.id, timestamp=block.timestamp, slot=block.slot)
            for block, sent in zip(came, self.tools.sent, strict=True)
            if sent is not None
        ]


EMPTY_PREFIX = ParsedPrefix()


class ParsedPrefixes:
    """The prefixes held by this process, by the key of their last message.

    Most prompts never have a next turn: what first turns leave has a room of its own, so that it takes none
    from conversations that go on. (The segments of Karedla, Love and Wherry, Caching strategies to improve
    disk system performance, 1994; going on takes the place of a second look.)
    """

    def __init__(self, first_turns_chars: int, later_turns_chars: int) -> None:
        self._first: LRUCache[ParsedPrefix] = LRUCache(first_turns_chars)
        self._later: LRUCache[ParsedPrefix] = LRUCache(later_turns_chars)
        # The key of a prefix by that of its beginning.
        self._begun: LRUCache[str] = LRUCache(_MAX_BEGINNINGS)

    def get(self, key: str) -> ParsedPrefix | None:
        """The prefix that ends with the message of this key, where it is held."""
        return self._later.get(key) or self._first.get(key)

    def put(self, key: str, prefix: ParsedPrefix) -> None:
        """Hold the prefix, which ends with the message of this key."""
        self.drop(key)
        (self._later if prefix.goes_on else self._first).put(key, prefix, prefix.chars)
        if prefix.beginning is not None:
            self._begun.put(prefix.beginning.key, key, 1)

    def begun(self, key: str) -> ParsedPrefix | None:
        """A prefix whose beginning ends with the message of this key, where one is held."""
        found = self._begun.get(key)
        return None if found is None else self.get(found)

    def drop(self, key: str) -> None:
        """Forget the prefix, if it is held."""
        self._first.drop(key)
        self._later.drop(key)

    def forget(self) -> None:
        """Forget every prefix."""
        self._first.forget()
        self._later.forget()
        self._begun.forget()


PARSED_PREFIXES = ParsedPrefixes(first_turns_chars=6_000_000, later_turns_chars=18_000_000)
on_forget(PARSED_PREFIXES.forget)


def take_over(prefix: ParsedPrefix, keys: Sequence[str], memory: Memory) -> None:
    """Hold what another process read of messages with these keys, and what it sent in the place of what this
    one's memory had."""
    memory.set_many(dict(zip(keys, prefix.sent, strict=True)))
    PARSED_PREFIXES.put(keys[-1], prefix)


def _tools_of(original: Prompt, sent: Sequence[SentMessage], tokens: Mapping[str, int]) -> ParsedTools:
    """The tools behind the messages; none where not all of them are to be sent again as they were."""
    came = original.blocks[_end_of_messages(original.blocks) : -1]
    closed = tools_as_sent(came, sent)
    if not closed:
        return NO_TOOLS
    first = next((block.slot for block in came if block.slot is not None), len(original.slots))
    return ParsedTools(
        original.reading.tools,
        tuple(block if block.slot is None else block.but(slot=block.slot - first) for block in came),
        original.slots[first:],
        tuple(block and _counted(block, tokens[block.id]) for block in closed),
    )


def _chars_of_tools(tools: ParsedTools) -> int:
    return _chars((*tools.came, *filter(None, tools.sent)))


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
