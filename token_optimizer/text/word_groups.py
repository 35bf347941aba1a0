"""Which words of a text are the same, found in arrays: to make a string of each of 45,000 words, and to look
it up, takes longer than all that is done with the some thousand that differ.

Words are compared by fingerprints of 64 bits, whose key is secret to the process: by chance two words of a
prompt meet once in ten thousand million prompts, and nobody can make them meet.
"""

from __future__ import annotations

import secrets
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]

# What parts words in ASCII, as `str.split` has it.
_IS_SPACE = bytes(code < 128 and chr(code).isspace() for code in range(256))
_LEAST_SPACE, _LARGEST_SPACE = np.uint8(ord("\t")), np.uint8(ord(" "))
# What is between the two, and no space.
_FIRST_OTHER, _OTHERS = np.uint8(ord("\r") + 1), np.uint8(14)
# Of eight bytes the first so many.
_FIRST_BYTES = np.array([(1 << 8 * count) - 1 for count in range(9)], np.uint64)
_WIDTH = 8
# Longer ones are data: each is hashed by itself.
_MAX_CHUNKED_BYTES = 64
_KEY, _FACTOR = (np.uint64(secrets.randbits(64) | 1) for _ in range(2))
# There are so many times as many places as words, so that few words share one.
_PLACES_PER_WORD = 8


class Words(NamedTuple):
    """The words of a text: from where to where each stands, in bytes, and its number among the different
    words; and which word is the first of each number."""

    starts: Numbers
    ends: Numbers
    numbers: Numbers
    firsts: Numbers


def grouped_words(text: bytes) -> Words:
    """The words of a text, which stand between spaces of ASCII, in order; of several that are the same the
    number is that of the first, and numbers count from 0."""
    starts, ends = word_edges(text)
    first = _first_of_each(_fingerprints(text + bytes(_WIDTH), starts, ends - starts))
    is_first = first == np.arange(len(first))
    return Words(starts, ends, (np.cumsum(is_first) - 1)[first], np.flatnonzero(is_first))


def word_edges(text: bytes) -> tuple[Numbers, Numbers]:
    """From where to where each word of a text stands, in bytes."""
    is_space = _are_spaces(b"".join((b" ", text, b" ")))
    edges = np.flatnonzero(is_space[1:] != is_space[:-1])
    return edges[::2], edges[1::2]


def _are_spaces(text: bytes) -> NDArray[np.bool_]:
    """For each byte whether it is a space of ASCII: in nearly all texts each that is no larger than " "."""
    codes = np.frombuffer(text, np.uint8)
    has_others = bool((codes < _LEAST_SPACE).any() or (codes - _FIRST_OTHER < _OTHERS).any())
    return np.frombuffer(text.translate(_IS_SPACE), bool) if has_others else codes <= _LARGEST_SPACE


def rough_prints(text: bytes, starts: Numbers, ends: Numbers) -> NDArray[np.uint16]:
    """A number for each word by how it begins: the same for the same word, and seldom for another one."""
    eights = np.ndarray((len(text) + 1,), "<u8", text + bytes(_WIDTH), strides=(1,))
    prints = (eights[starts] & _FIRST_BYTES[np.minimum(ends - starts, _WIDTH)]) * _FACTOR
    return (prints >> np.uint64(48)).astype(np.uint16)


def _fingerprints(written: bytes, starts: Numbers, lengths: Numbers) -> NDArray[np.uint64]:
    """A fingerprint for each word; the same for the same word."""
    # The eight bytes from each place on.
    eights = np.ndarray((len(written) - _WIDTH + 1,), "<u8", written, strides=(1,))
    prints = lengths.astype(np.uint64) * _KEY
    # Most words end within their first eight bytes.
    prints = _mixed(prints ^ (eights[starts] & _FIRST_BYTES[np.minimum(lengths, _WIDTH)]))
    rest = np.flatnonzero((lengths > _WIDTH) & (lengths <= _MAX_CHUNKED_BYTES))
    for done in range(_WIDTH, _MAX_CHUNKED_BYTES, _WIDTH):
        rest = rest[lengths[rest] > done]
        left = np.minimum(lengths[rest] - done, _WIDTH)
        prints[rest] = _mixed(prints[rest] ^ (eights[starts[rest] + done] & _FIRST_BYTES[left]))
    for at in np.flatnonzero(lengths > _MAX_CHUNKED_BYTES).tolist():
        prints[at] = hash(written[starts[at] : starts[at] + lengths[at]]) & (2**64 - 1)
    return prints


def _mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The numbers, each bit of which depends on those of before."""
    numbers = (numbers ^ (numbers >> np.uint64(32))) * _FACTOR
    mixed: NDArray[np.uint64] = numbers ^ (numbers >> np.uint64(29))
    return mixed


def _first_of_each(prints: NDArray[np.uint64]) -> Numbers:
    """For each fingerprint the index of the first that equals it."""
    bits = (_PLACES_PER_WORD * len(prints) + 1).bit_length()
    places = (prints >> np.uint64(64 - bits)).astype(np.int64)
    # Half as wide as other numbers: the table is new memory each time, and larger than the caches.
    holders = np.empty(1 << bits, np.int32)
    # From the last to the first, who then stays.
    holders[places[::-1]] = np.arange(len(prints) - 1, -1, -1, dtype=np.int32)
    first = holders[places].astype(np.int64)
    others = np.flatnonzero(prints[first] != prints)
    if len(others):
        _, firsts, numbers = np.unique(prints[others], return_index=True, return_inverse=True)
        first[others] = others[firsts[numbers]]
    return first
