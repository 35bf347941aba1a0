"""Where sent messages are remembered in this process, and what a memory knows of a conversation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain

from token_optimizer.ports import SentMessage
from token_optimizer.runtime.lru_cache import LRUCache

# What a message takes besides its texts, with its key and its place among those used last, and what each of
# its blocks does, in characters: a message of one block came to 1,250 bytes.
_MESSAGE_CHARS = 900
_BLOCK_CHARS = 350


class InProcessMemory:
    """The library's default: the messages sent last, within so many characters. Safe across threads."""

    def __init__(self, max_chars: int = 64_000_000) -> None:
        self._sent: LRUCache[SentMessage] = LRUCache(max_chars)

    def get_many(self, keys: Sequence[str]) -> list[SentMessage | None]:
        return self._sent.get_many(keys)

    def set_many(self, messages: Mapping[str, SentMessage]) -> None:
        self._sent.put_many((key, message, _size(message)) for key, message in messages.items())

    def forget(self, keys: Sequence[str]) -> None:
        """Forget the messages with these keys."""
        for key in keys:
            self._sent.drop(key)


def known_messages(first: Sequence[SentMessage], found: Sequence[SentMessage | None]) -> list[SentMessage]:
    """What the leading messages were sent as, as far as a whole request was sent before: the `first` ones,
    and what was `found` of those behind them.

    What stands behind that was sent with another question, which decided what was cut from it: a second
    question on the same document is no later turn of the first one's conversation.
    """
    known = list(first)
    whole = len(known)
    for message in found:
        if message is None:
            break
        known.append(message)
        whole = len(known) if message.ended else whole
    return known[:whole]


def _size(message: SentMessage) -> int:
    chars = _MESSAGE_CHARS
    for block in chain(message.blocks, message.system, message.tools):
        chars += _BLOCK_CHARS + len(block.content or "")
    if message.added or message.reads:
        chars += sum(len(item.content) for item in message.added)
        chars += sum(len(str(read)) for read in message.reads)
    return chars
