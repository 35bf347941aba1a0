"""Hashes over the messages of a request, of which a next turn computes only those of its new messages.

A turn brings all earlier messages again. They are compared by Python's own hashes of their texts, or of their
JSON, as in `text/cache.py`, which take a tenth of the time of a cryptographic one; the chain goes on from
where the turn before ended. No text is held.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

from token_optimizer.dialects.bodies import speaks
from token_optimizer.dialects.unmarked_json import json_of_each, unmarked, unmarked_json
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
    plain, marked = _fingerprints(messages)
    fingerprints = (key_of(start, "start"), *plain)
    chain = _known_chain(start, fingerprints)
    last = len(messages) - 1
    if len(chain.keys) < last and speaks(messages[last]):
        # Another question may come in the place of the newest one.
        chain = _continued(chain, messages[:last], fingerprints[:-1])
    if len(chain.keys) <= last:
        chain = _continued(chain, messages, fingerprints)
    return MessageHashes(list(chain.keys), marked)


def _fingerprints(messages: Sequence[Mapping[str, Any]]) -> tuple[list[Key], frozenset[int]]:
    """What each message is known by without its cache marks, and the numbers of those that hold some."""
    known = [_fingerprint_of_texts(message) for message in messages]
    others = [number for number, key in enumerate(known) if key is None]
    texts = json_of_each([messages[number] for number in others])
    came = keys_of(texts, "unmarked")
    marked = set()
    for number, text, key, plain in zip(others, texts, came, _UNMARKED.get_many(came), strict=True):
        if plain is None:
            without = unmarked(messages[number], text)
            plain = key if without is text else key_of(without, "unmarked")
            _UNMARKED.put(key, plain)
        known[number] = plain
        if plain != key:
            marked.add(number)
    return cast(list[Key], known), frozenset(marked)


def _fingerprint_of_texts(message: Mapping[str, Any]) -> Key | None:
    """That of a message whose members are texts, as most are: cache marks are none, and it need not be
    written as JSON. None for all others."""
    for value in message.values():
        if type(value) is not str:
            return None
    return hash(tuple(message.items()))


def _known_chain(start: bytes, fingerprints: tuple[Key, ...]) -> _Chain:
    """The longest chain over these messages that is known; one over the start where none is."""
    last = len(fingerprints)
    for count in range(last, max(1, last - MAX_NEW_MESSAGES), -1):
        leading = fingerprints[:count]
        chain = _CHAINS.get(_key(leading))
        if chain is not None and chain.fingerprints == leading:
            return chain
    return _Chain((), (), hashlib.blake2b(start, digest_size=KEY_BYTES))


def _continued(chain: _Chain, messages: Sequence[Mapping[str, Any]], fingerprints: tuple[Key, ...]) -> _Chain:
    """The chain over all of the messages, which begin with those that it is over; it is remembered."""
    running, keys = chain.hash.copy(), list(chain.keys)
    for message in messages[len(keys) :]:
        running.update(unmarked_json(message))
        keys.append(running.hexdigest())
    longer = _Chain(fingerprints, tuple(keys), running)
    _CHAINS.put(_key(fingerprints), longer)
    return longer


def _key(fingerprints: tuple[Key, ...]) -> Key:
    return keyed(hash(fingerprints), _HELD_CHARS * len(fingerprints))
