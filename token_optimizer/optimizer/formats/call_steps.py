"""The calls of a conversation, message by message, as one that comes again is known by.

A next turn makes those of its new messages alone. No arguments are held.

Before: a message that calls read_log(path="/a")
After:  CallStep(7, (MadeCall("call_1", "read_log", b"…"),))
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from token_optimizer.models import CallStep, MadeCall
from token_optimizer.optimizer.formats.file_reads import Call, calls_of

# What is called again after more steps has other reasons.
MAX_STEPS = 10
_DIGEST_BYTES = 16
_SORTED = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS


def steps_in(messages: Sequence[Mapping[str, Any]], first: int = 0) -> Iterator[CallStep]:
    """The messages with calls from the `first` one on."""
    for number in range(first, len(messages)):
        if calls := tuple(map(_made, calls_of([messages[number]]))):
            yield CallStep(number, calls)


def newest_steps(
    known: Sequence[CallStep], messages: Sequence[Mapping[str, Any]], first: int
) -> tuple[CallStep, ...]:
    """Those from the `first` message on, and of the ones that are known before it as many as count."""
    return (*known[-MAX_STEPS - 1 :], *steps_in(messages, first))


def _made(call: Call) -> MadeCall:
    try:
        asked = _sorted_json(call.arguments)
    except (ValueError, RecursionError):
        asked = call.id.encode("utf-8", "surrogatepass")
    return MadeCall(call.id, call.name, hashlib.blake2b(asked, digest_size=_DIGEST_BYTES).digest())


def _sorted_json(arguments: Mapping[str, Any]) -> bytes:
    try:
        return orjson.dumps(arguments, option=_SORTED)
    except TypeError:
        # Integers beyond 64 bits, lone surrogates.
        return json.dumps(arguments, sort_keys=True, default=str).encode()
