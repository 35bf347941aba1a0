"""The body of a request that goes on as it came, read only as far as its trace needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import msgspec
from msgspec import UNSET, Raw

from gateway.errors import BadRequest
from gateway.requests.bodies.body import has_too_many_values, parsed_object


class _Head(msgspec.Struct, gc=False):
    """What traces, routes and limits are made of; an entry of a list is passed over, not read."""

    model: Any = UNSET
    stream: Any = UNSET
    max_tokens: Any = UNSET
    max_completion_tokens: Any = UNSET
    max_output_tokens: Any = UNSET
    messages: list[Raw] = []
    input: list[Raw] | str = ""


_HEAD = msgspec.json.Decoder(_Head)
_READ = frozenset({"model", "stream", "max_tokens", "max_completion_tokens", "max_output_tokens"})


class UnreadBody(Mapping[str, Any]):
    """A JSON object whose model, whether it streams and how long its answer may be are known; the first to
    ask for more has all of it read. It is taken for empty where what was passed over turns out to be no
    JSON."""

    def __init__(self, raw: bytes, head: _Head) -> None:
        self._raw = raw
        self._head = head

    def __getitem__(self, name: str) -> Any:
        if name not in _READ:
            return self._whole[name]
        value = getattr(self._head, name)
        if value is UNSET:
            raise KeyError(name)
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._whole)

    def __len__(self) -> int:
        return len(self._whole)

    def count(self, name: str) -> int:
        """How many entries the list of messages has that goes by this name; 0 where it is none."""
        entries = getattr(self._head, name)
        return len(entries) if isinstance(entries, list) else 0

    @cached_property
    def _whole(self) -> Mapping[str, Any]:
        return _whole(self._raw)


def unread_body(raw: bytes) -> Mapping[str, Any]:
    """The JSON object of a body; empty where it is none, of which the provider is the judge."""
    if has_too_many_values(raw):
        return {}
    try:
        return UnreadBody(raw, _HEAD.decode(raw))
    except (msgspec.DecodeError, RecursionError):
        # Fields of other types than most have, and what orjson and others take for JSON all the same.
        return _whole(raw)


def _whole(raw: bytes) -> Mapping[str, Any]:
    try:
        return parsed_object(raw)[0]
    except BadRequest:
        return {}
