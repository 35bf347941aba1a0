"""Originals in the place of placeholders, in the answers of an SDK: whole ones, and streams of both kinds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from token_optimizer.clients.rounds import like
from token_optimizer.masking.bodies import restored_payload
from token_optimizer.masking.placeholders import Originals
from token_optimizer.masking.streams.by_dialect import RESTORERS
from token_optimizer.models import Dialect
from token_optimizer.providers.arguments import plain


def restored_answer(answer: Any, dialect: Dialect, originals: Originals, *, stream: bool) -> Any:
    """The SDK's answer, or its own stream, with the originals."""
    if not stream:
        given = plain(answer)
        restored = restored_payload(given, originals)
        return answer if restored == given else like(answer, restored)
    events = _StreamEvents(dialect, originals)
    iterator = answer._iterator
    # What the SDK iterates over: a stream of another class would be none to its users.
    answer._iterator = events.all_async(iterator) if hasattr(iterator, "__anext__") else events.all(iterator)
    return answer


class _StreamEvents:
    """The SDK's events, and others like them where what was held back needs one of its own."""

    def __init__(self, dialect: Dialect, originals: Originals) -> None:
        self._restorer = RESTORERS[dialect](originals)
        # One of each type: those that are added are made like them.
        self._seen: dict[Any, Any] = {}

    def all(self, iterator: Iterator[Any]) -> Iterator[Any]:
        for event in iterator:
            yield from self._passed(event)
        yield from self._closing()

    async def all_async(self, iterator: AsyncIterator[Any]) -> AsyncIterator[Any]:
        async for event in iterator:
            for passed in self._passed(event):
                yield passed
        for passed in self._closing():
            yield passed

    def _passed(self, event: Any) -> Iterator[Any]:
        given = plain(event)
        self._seen[given.get("type")] = event
        for payload in self._restorer.passed(given):
            yield event if payload == given else like(self._seen[payload.get("type")], payload)

    def _closing(self) -> Iterator[Any]:
        for payload in self._restorer.closing():
            yield like(self._seen[payload.get("type")], payload)
