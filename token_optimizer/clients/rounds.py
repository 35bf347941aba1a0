"""Rounds of reading back over an SDK's `create`: the caller gets one answer, or one stream.

Before: an answer with a call of `read_back`, which the caller's program does not know
After:  the answer that the model gives once it has read, with the usage of both requests
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any

from token_optimizer.models import Dialect
from token_optimizer.optimizer.reading_back.answers import calls_of, merged, without_calls
from token_optimizer.optimizer.reading_back.rounds import Rounds
from token_optimizer.optimizer.reading_back.streams.by_dialect import JOINERS
from token_optimizer.providers.arguments import plain


def whole_answer(resource: Any, answer: Any, rounds: Rounds, dialect: Dialect) -> Any:
    """The SDK's answer, gone on from until the model has read what it wanted."""
    joiner = _WholeJoiner(answer, dialect)
    while (body := rounds.next_body(joiner.newest)) is not None:
        joiner.add(resource.create(**_within(body, rounds)))
    return joiner.answer()


async def whole_answer_async(resource: Any, answer: Any, rounds: Rounds, dialect: Dialect) -> Any:
    """As `whole_answer`."""
    joiner = _WholeJoiner(answer, dialect)
    while (body := await asyncio.to_thread(rounds.next_body, joiner.newest)) is not None:
        joiner.add(await resource.create(**_within(body, rounds)))
    return joiner.answer()


class _WholeJoiner:
    """Joins whole answers. Without a call of `read_back` the SDK's own object is the answer."""

    def __init__(self, answer: Any, dialect: Dialect) -> None:
        self._sdk_answer = answer
        self._dialect: Dialect = dialect
        self.newest: dict[str, Any] = plain(answer)
        self._joined = self.newest

    def add(self, answer: Any) -> None:
        self._sdk_answer = answer
        self.newest = plain(answer)
        self._joined = merged(self._joined, self.newest, self._dialect)

    def answer(self) -> Any:
        if self._joined is self.newest and not calls_of(self.newest, self._dialect):
            return self._sdk_answer
        return like(self._sdk_answer, without_calls(self._joined, self._dialect))


def joined_stream(
    resource: Any, stream: Any, rounds: Rounds, dialect: Dialect, note_read: Callable[[], None]
) -> Any:
    """The SDK's own stream, which goes on with those of later rounds. `note_read` is called after each."""
    events = _StreamEvents(rounds, dialect, note_read)

    def all_events(first: Iterator[Any]) -> Iterator[Any]:
        for event in first:
            yield from events.passed(event)
        while (body := events.next_body()) is not None:
            with resource.create(**body) as later:
                for event in later:
                    yield from events.passed(event)
        yield from events.closing()

    # What the SDK iterates over: a stream of another class would be none to its users.
    stream._iterator = all_events(stream._iterator)
    return stream


def joined_stream_async(
    resource: Any, stream: Any, rounds: Rounds, dialect: Dialect, note_read: Callable[[], None]
) -> Any:
    """As `joined_stream`."""
    events = _StreamEvents(rounds, dialect, note_read)

    async def all_events(first: AsyncIterator[Any]) -> AsyncIterator[Any]:
        async for event in first:
            for seen in events.passed(event):
                yield seen
        while (body := await asyncio.to_thread(events.next_body)) is not None:
            async with await resource.create(**body) as later:
                async for event in later:
                    for seen in events.passed(event):
                        yield seen
        for seen in events.closing():
            yield seen

    stream._iterator = all_events(stream._iterator)
    return stream


class _StreamEvents:
    """What passes of the SDK's events, from one stream to the next."""

    def __init__(self, rounds: Rounds, dialect: Dialect, note_read: Callable[[], None]) -> None:
        self._rounds = rounds
        self._joiner = JOINERS[dialect]()
        self._note_read = note_read
        # One of the SDK's events of each type: those that close the stream are made like them.
        self._seen: dict[Any, Any] = {}

    def passed(self, event: Any) -> Iterator[Any]:
        """The SDK's event, or one like it, as far as it passes now."""
        given = plain(event)
        self._seen[given.get("type")] = event
        seen = self._joiner.passed(given)
        if seen is not None:
            yield event if seen is given else like(event, seen)

    def next_body(self) -> dict[str, Any] | None:
        """The next request; None where the stream closes here."""
        if not self._joiner.has_calls:
            return None
        body = self._rounds.next_body(self._joiner.answer())
        self._note_read()
        if body is None:
            return None
        self._joiner.go_on()
        return _within(body, self._rounds)

    def closing(self) -> Iterator[Any]:
        """The events that close the stream where those of the provider were held back."""
        if self._joiner.has_calls:
            yield from (like(self._seen[event.get("type")], event) for event in self._joiner.closing())


def like(answer: Any, data: Mapping[str, Any]) -> Any:
    """The data as an object of the answer's class, as the SDK makes one of what a provider sends."""
    made = type(answer).construct(**data)
    request_id = getattr(answer, "_request_id", None)
    if request_id is not None:
        made._request_id = request_id
    return made


def _within(body: dict[str, Any], rounds: Rounds) -> dict[str, Any]:
    """The request with the time that is left for it, or less where the caller gave it less."""
    given, left = body.get("timeout"), max(1.0, rounds.seconds_left)
    is_less = isinstance(given, int | float) and given < left
    return {**body, "timeout": given if is_less else left}
