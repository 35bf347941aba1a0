"""Hashes over the messages of a request, of which a next turn computes only those of its new messages.

A turn brings all earlier messages again. They are compared by Python's own hashes of their JSON, as in
`text/cache.py`, which take a tenth of the time of a cryptographic one; the chain goes on from where the turn
before ended. No text is held.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

from token_optimizer.dialects.unmarked_json import as_json, unmarked
from token_optimizer.text.cache import Key, TextCache

KEY_BYTES = 20
# A turn brings no more than so many messages, as a rule.
MAX_NEW_MESSAGES = 50
# What is held of a message besides what it shares with the turn before.
_HELD_CHARS = 64

# The length and the hash of a JSON text.
Fingerprint = tuple[int, int]


class MessageHashes(NamedTuple):
    """A key for each message, over it and all before it, and the numbers of those that hold cache marks."""

    keys: list[str]
    marked: frozenset[int] = frozenset()


NO_HASHES = MessageHashes([])


class _Chain(NamedTuple):
    """The hash over some leading messages, with the fingerprints by which they are known again."""

    fingerprints: tuple[Fingerprint, ...]
    keys: tuple[str, ...]
    hash: hashlib.blake2b


_CHAINS: TextCache[_Chain] = TextCache(20_000, max_chars=12_000_000)
# The fingerprint of a message without its cache marks, by that of the message as it came.
_UNMARKED: TextCache[Fingerprint] = TextCache(50_000)


def message_hashes(start: bytes, messages: Sequence[Mapping[str, Any]]) -> MessageHashes:
    """The hashes of the messages, which begin with the `start`. Cache marks are no part of them."""
    texts = list(map(as_json, messages))
    came = [("unmarked", len(text), hash(text)) for text in texts]
    plain = [
        _UNMARKED.get(key) or _unmarked_fingerprint(key, text, message)
        for key, text, message in zip(came, texts, messages, strict=True)
    ]
    first = len(start), hash(start)
    names = list(accumulate(plain, _joined, initial=hash(first)))
    chain = _known_chain(start, (first, *plain), names)
    count = len(chain.keys)
    if count < len(messages):
        chain = _continued(chain, messages[count:], texts[count:], (first, *plain))
        _CHAINS.put(_key(len(messages), names[-1]), chain)
    marked = [number for number, key in enumerate(came) if key[1:] != plain[number]]
    return MessageHashes(list(chain.keys), frozenset(marked))


def _unmarked_fingerprint(key: Key, text: bytes, message: Mapping[str, Any]) -> Fingerprint:
    plain = unmarked(message, text)
    fingerprint = len(plain), hash(plain)
    _UNMARKED.put(key, fingerprint)
    return fingerprint


def _joined(name: int, fingerprint: Fingerprint) -> int:
    return hash((name, fingerprint))


def _known_chain(start: bytes, fingerprints: tuple[Fingerprint, ...], names: Sequence[int]) -> _Chain:
    """The longest chain over these messages that is known; one over the start where none is."""
    last = len(names) - 1
    for count in range(last, max(0, last - MAX_NEW_MESSAGES), -1):
        chain = _CHAINS.get(_key(count, names[count]))
        if chain is not None and chain.fingerprints == fingerprints[: count + 1]:
            return chain
    return _Chain((), (), hashlib.blake2b(start, digest_size=KEY_BYTES))


def _continued(
    chain: _Chain,
    messages: Sequence[Mapping[str, Any]],
    texts: Sequence[bytes],
    fingerprints: tuple[Fingerprint, ...],
) -> _Chain:
    """The chain with these further messages, of which the texts are the JSON."""
    running, keys = chain.hash.copy(), list(chain.keys)
    for message, text in zip(messages, texts, strict=True):
        running.update(unmarked(message, text))
        keys.append(running.hexdigest())
    return _Chain(fingerprints, tuple(keys), running)


def _key(count: int, name: int) -> Key:
    return "chain", _HELD_CHARS * count, name
