"""What a request's conversation was sent as before, and how a request is remembered for the next one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any

from token_optimizer.dialects.bodies import messages_of
from token_optimizer.dialects.unmarked_json import unmarked_json
from token_optimizer.errors import NotShort
from token_optimizer.models import NOTHING_PARSED, Dialect, ParsedMessages, Prompt
from token_optimizer.optimizer.contract.trace import Ledger
from token_optimizer.optimizer.conversation.keys import hashes_of, message_keys, reads_keys, request_key
from token_optimizer.optimizer.conversation.memory import known_messages
from token_optimizer.optimizer.conversation.message_hashes import MAX_NEW_MESSAGES, NO_HASHES, MessageHashes
from token_optimizer.optimizer.conversation.omissions import remember_cuts
from token_optimizer.optimizer.conversation.openings import NO_OPENING, Opening
from token_optimizer.optimizer.conversation.parsed_prefix import (
    EMPTY_PREFIX,
    PARSED_PREFIXES,
    Beginning,
    ParsedPrefix,
    asks_alone,
)
from token_optimizer.optimizer.conversation.prefix import opening_message, sent_messages
from token_optimizer.ports import Memory, SentBlock, SentMessage
from token_optimizer.prompt_cache.segments import LeadingSegments

_TOOLS = attrgetter("tools")
# Of what is shorter the beginning is read anew in no more time.
_MIN_BEGUN_CHARS = 10_000


@dataclass(frozen=True, slots=True)
class ConversationHistory:
    """What is known of a conversation: the key of each message, none for one with documents that was put in,
    and the messages `known`, in order.

    `prefix` has their blocks, where this process worked on the turn before. `beginning` has what stands
    before the newest message as it came, where that stands in the place of another one. `read_before` are the
    `reads`, where they are known. `marked` are the numbers of the messages with cache marks. `opening` is
    what it begins with, where it may be a new one.
    """

    memory: Memory | None = None
    keys: Sequence[str] = ()
    known: Sequence[SentMessage] = ()
    exact_key: str = ""
    prefix: ParsedPrefix = EMPTY_PREFIX
    beginning: ParsedMessages = NOTHING_PARSED
    read_before: Sequence[SentMessage | None] | None = None
    marked: frozenset[int] = frozenset()
    opening: Opening = NO_OPENING

    @classmethod
    def find(
        cls,
        memory: Memory | None,
        body: Mapping[str, Any],
        dialect: Dialect,
        salt: bytes,
        query: str | None,
        max_new_bytes: int | None = None,
        *,
        may_branch: bool = False,
    ) -> ConversationHistory:
        """What the memory knows; nothing where there is none.

        The newest message counts as known only with the whole request: its embedded content may have been
        cut for another `query`. NotShort unless this process holds the turn before and no more bytes are new;
        what stands before the newest message is enough where the prompt `may_branch`.
        """
        hashes = hashes_of(body, dialect, salt) if memory is not None else NO_HASHES
        keys = hashes.keys
        prefix = _prefix_of_turn_before(memory, keys) if memory is not None else EMPTY_PREFIX
        beginning = NOTHING_PARSED if prefix.sent else _beginning_of(body, dialect, hashes)
        is_held = may_branch and beginning.count > 0
        if not (max_new_bytes is None or is_held or 0 < _new_bytes(body, dialect, prefix) <= max_new_bytes):
            raise NotShort("this is no next turn with little that is new", keys)
        if memory is None or not keys:
            return cls()
        exact = request_key(keys[-1], query or "")
        first = len(prefix.sent)
        # As a rule that is the turn before: what was read back on it is asked for at once.
        reads = reads_keys(keys[first - 1]) if first else ()
        opening = NO_OPENING if first else Opening.of(body, dialect, salt)
        asked = [*keys[first:-1], exact]
        found = memory.get_many([*asked, *reads, *opening.keys])
        known = known_messages(prefix.sent, found[: len(asked)])
        read_before = found[len(asked) :] if first and len(known) == first else None
        opening = opening.known_by(found[len(asked) + len(reads) :])
        prefix = prefix if first else _prefix_of(keys, known)
        return cls(memory, keys, known, exact, prefix, beginning, read_before, hashes.marked, opening)

    @property
    def parsed(self) -> ParsedMessages:
        """The messages that were read before."""
        return self.prefix.parsed(self.marked) if self.prefix.sent else self.beginning

    def around(self, documents_at: int | None) -> ConversationHistory:
        """The history of a prompt in which a message with documents was put in, which is new and not kept."""
        if documents_at is None or not self.keys:
            return self
        before, behind = self.keys[:documents_at], self.keys[documents_at:]
        keys = [*before, "", *behind] if behind else before
        known = self.known[:documents_at]
        return replace(self, keys=keys, known=known, prefix=EMPTY_PREFIX, read_before=None)

    def reads(self) -> Sequence[SentMessage | None]:
        """What was read back on the turns so far, and on the last of them."""
        if self.read_before is not None:
            return self.read_before
        assert self.memory is not None
        return self.memory.get_many(reads_keys(self.keys[len(self.known) - 1]))

    @property
    def tools_before(self) -> Sequence[SentBlock]:
        """What the tools were sent as before, in this conversation or in another one."""
        return next(filter(None, map(_TOOLS, self.known)), self.opening.tools)

    @property
    def is_exact(self) -> bool:
        """Whether this very request was sent before."""
        return bool(self.keys) and len(self.known) == len(self.keys)

    def conversation(self, trace_id: str) -> str:
        """The id of the trace that began the conversation, which is this one where no earlier turn is known;
        none without a memory."""
        if self.memory is None:
            return ""
        return (self.known[-1].conversation if self.known else "") or trace_id

    def write(
        self,
        original: Prompt,
        after: Prompt,
        ledger: Ledger,
        compacted: bool,
        conversation: str,
        segments: LeadingSegments,
    ) -> None:
        """Remember the messages that are new, or all of them after a compaction; and the segments of the
        prompt as it came."""
        if self.memory is None or (self.is_exact and not compacted):
            return
        known = () if compacted else tuple(self.known)
        prefix = self.prefix if not compacted and self.prefix.stands_in(after) else EMPTY_PREFIX
        newest = self.keys[-1]
        new = {number: key for number, key in enumerate(self.keys[len(known) :], len(known)) if key}
        new = new or {len(self.keys) - 1: newest}
        opening = opening_message(original)
        came, went = prefix.rest(original), prefix.sent_rest(after)
        sent = sent_messages(came, went, new, ledger, opening)
        sent[newest] = last = replace(sent[newest], ended=True, conversation=conversation)
        begun = {} if self.known else self.opening.to_remember(original, after, sent)
        self.memory.set_many({**sent, self.exact_key: last, **begun})
        if original.documents_at is not None:
            remember_cuts(came, went)
        # Where the original was sent after all, it does not stand on what was known.
        elif after is not original:
            tokens = {block.id: block.tokens for block in went.blocks}
            sent_before = (*known, *sent.values())
            held = prefix.followed_by(original, sent_before, tokens, segments, self.marked)
            self._hold(held if self.prefix.sent else self._begun(held, original), original)

    def _begun(self, held: ParsedPrefix, original: Prompt) -> ParsedPrefix:
        """The prefix with what stands before the newest message, if another one may follow there."""
        if len(self.keys) == 1 or held.chars < _MIN_BEGUN_CHARS:
            return held
        return replace(held, beginning=Beginning.of(original, self.keys[-2]))

    def _hold(self, prefix: ParsedPrefix, original: Prompt) -> None:
        """Hold what was read, in the place of what the turn before had; beside that where another question
        may come in the place of this one."""
        before = self.keys[len(self.known) - 1] if self.known else ""
        PARSED_PREFIXES.drop(self.prefix.before)
        if prefix.goes_on and asks_alone(original.body, original.dialect):
            prefix = replace(prefix, before=before)
        else:
            PARSED_PREFIXES.drop(before)
        if not prefix.sent:
            return
        PARSED_PREFIXES.put(self.keys[-1], prefix)


def remember_output(
    memory: Memory, body: Mapping[str, Any], dialect: Dialect, salt: bytes, asked: str, conversation: str
) -> None:
    """Remember the messages that were made here: a caller who keeps them sends them again, and then they stay
    as they are."""
    keys = message_keys(body, dialect, salt)
    new = [key for key, known in zip(keys, memory.get_many(keys), strict=True) if known is None]
    if not new:
        return
    own = dict.fromkeys(new, SentMessage(unchanged=True))
    last = SentMessage(unchanged=True, ended=True, conversation=conversation)
    memory.set_many({**own, keys[-1]: last, request_key(keys[-1], asked): last})


def _new_bytes(body: Mapping[str, Any], dialect: Dialect, prefix: ParsedPrefix) -> int:
    """How much comes behind the turn before; 0 where that is not held."""
    if not prefix.sent:
        return 0
    return sum(len(unmarked_json(message)) for message in messages_of(body, dialect)[len(prefix.sent) :])


def _prefix_of_turn_before(memory: Memory, keys: Sequence[str]) -> ParsedPrefix:
    """What this process read on the turn before, if the memory still has the very object of its last message:
    then all before it stands, too, since a compaction writes every message anew."""
    for key in keys[-2 : -2 - MAX_NEW_MESSAGES : -1]:
        # As a rule the second or third one has it.
        prefix = PARSED_PREFIXES.get(key)
        if prefix is not None and memory.get_many([key])[0] is prefix.sent[-1]:
            return prefix
    return EMPTY_PREFIX


def _beginning_of(body: Mapping[str, Any], dialect: Dialect, hashes: MessageHashes) -> ParsedMessages:
    """What this process read of all but the newest message, where that followed in another one's place."""
    begun = PARSED_PREFIXES.begun(hashes.keys[-2]) if len(hashes.keys) > 1 else None
    return NOTHING_PARSED if begun is None else begun.beginning_of(body, dialect, hashes.marked)


def _prefix_of(keys: Sequence[str], known: Sequence[SentMessage]) -> ParsedPrefix:
    """What this process read of the known messages, if all were sent as the memory has it."""
    if not known:
        return EMPTY_PREFIX
    prefix = PARSED_PREFIXES.get(keys[len(known) - 1])
    return prefix if prefix is not None and prefix.sent == tuple(known) else EMPTY_PREFIX
