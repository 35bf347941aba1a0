"""Errors of the provider on their way to the caller: of a request, and in the middle of a stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

Report = Callable[[BaseException], None]


def reported(ask: Callable[[], Any], error_class: type[Exception], report: Report) -> Any:
    """What a request answers; an error of it, or in the stream that it opens, is reported and raised."""
    try:
        answer = ask()
    except error_class as error:
        report(error)
        raise
    if hasattr(answer, "_iterator"):
        # What the SDK iterates over: a stream of another class would be none to its users.
        answer._iterator = _watched(answer._iterator, report)
    return answer


async def reported_async(
    ask: Callable[[], Awaitable[Any]], error_class: type[Exception], report: Report
) -> Any:
    """As `reported`."""
    try:
        answer = await ask()
    except error_class as error:
        await asyncio.to_thread(report, error)
        raise
    if hasattr(answer, "_iterator"):
        answer._iterator = _watched_async(answer._iterator, report)
    return answer


def _watched(events: Iterator[Any], report: Report) -> Iterator[Any]:
    try:
        yield from events
    except Exception as error:  # an SDK may pass on the errors of its connection as they are
        report(error)
        raise


async def _watched_async(events: AsyncIterator[Any], report: Report) -> AsyncIterator[Any]:
    try:
        async for event in events:
            yield event
    except Exception as error:  # as in `_watched`
        await asyncio.to_thread(report, error)
        raise
