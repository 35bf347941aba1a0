"""Hashes over the messages of a request, of which a next turn computes only those of its new messages.

A turn brings all earlier messages again. They are compared by Python's own hashes of their JSON, as in
`text/cache.py`, which take a tenth of the time of a cryptographic one; the chain goes on from where the turn
before ended. No text is held.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

from token_optimizer.dialects.bodies import speaks
from token_optimizer.dialects.unmarked_json import json_of_each, unmarked
from token_optimizer.text.cache import Key, TextCache, key_of, keyed, keys_of

KEY_BYTES = 20
# A turn brings no more than so many messages, as a rule.
MAX_NEW_MESSAGES = 50
# What is held of a message besides what it shares with the turn before.
_HELD_CHARS = 64


class MessageHashes(NamedTuple):
    """A key for each message, over it and all before it, and the numbers of those that hold cache marks."""

    keys: list[str]
    marked: frozenset[int] = frozenset()


NO_HASHES = MessageHashes([])


class _Chain(NamedTuple):
    """The hash over some leading messages, with the fingerprints by which they are known again."""

    fingerprints: tuple[Key, ...]
    keys: tuple[str, ...]
    hash: hashlib.blake2b


_CHAINS: TextCache[_Chain] = TextCache(1_024, max_chars=12_000_000)
# The fingerprint of a message without its cache marks, by that of the message as it came: keys of their JSON.
_UNMARKED: TextCache[Key] = TextCache(50_000)


def message_hashes(start: bytes, messages: Sequence[Mapping[str, Any]]) -> MessageHashes:
    """The hashes of the messages, which begin with the `start`. Cache marks are no part of them."""
    texts = json_of_each(messages)
    came = keys_of(texts, "unmarked")
    plain = _UNMARKED.get_many(came)
    new = [number for number, known in enumerate(plain) if known is None]
    for number in new:
        unmarked_text = unmarked(messages[number], texts[number])
        is_plain = unmarked_text is texts[number]
        plain[number] = came[number] if is_plain else key_of(unmarked_text, "unmarked")
    _UNMARKED.put_many((came[number], cast(Key, plain[number])) for number in new)
    fingerprints = (key_of(start, "start"), *cast(list[Key], plain))
    chain = _known_chain(start, fingerprints)
    count = len(chain.keys)
    last = len(messages) - 1
    if count < last and speaks(messages[last]):
        # Another question may come in the place of the newest one.
        chain = _continued(chain, messages[count:last], texts[count:last], fingerprints[:-1])
        _CHAINS.put(_key(chain.fingerprints), chain)
        count = last
    if count <= last:
        chain = _continued(chain, messages[count:], texts[count:], fingerprints)
        _CHAINS.put(_key(fingerprints), chain)
    marked = () if came == plain else (at for at, key in enumerate(came) if key != plain[at])
    return MessageHashes(list(chain.keys), frozenset(marked))


def _known_chain(start: bytes, fingerprints: tuple[Key, ...]) -> _Chain:
    """The longest chain over these messages that is known; one over the start where none is."""
    last = len(fingerprints)
    for count in range(last, max(1, last - MAX_NEW_MESSAGES), -1):
        leading = fingerprints[:count]
        chain = _CHAINS.get(_key(leading))
        if chain is not None and chain.fingerprints == leading:
            return chain
    return _Chain((), (), hashlib.blake2b(start, digest_size=KEY_BYTES))


def _continued(
    chain: _Chain,
    messages: Sequence[Mapping[str, Any]],
    texts: Sequence[bytes],
    fingerprints: tuple[Key, ...],
) -> _Chain:
    """The chain with these further messages, of which the texts are the JSON."""
    running, keys = chain.hash.copy(), list(chain.keys)
    for message, text in zip(messages, texts, strict=True):
        running.update(unmarked(message, text))
        keys.append(running.hexdigest())
    return _Chain(fingerprints, tuple(keys), running)


def _key(fingerprints: tuple[Key, ...]) -> Key:
    return keyed(hash(fingerprints), _HELD_CHARS * len(fingerprints))
