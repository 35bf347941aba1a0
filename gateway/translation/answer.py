"""A provider's answer in the dialect of the caller, as if the provider spoke it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from http import HTTPStatus

import orjson
import structlog

from gateway.errors import UpstreamFailed
from gateway.requests.bodies.body import json_object
from gateway.requests.client import Headers
from gateway.response import is_packed, unpack_whole, unpacked
from gateway.translation.callers.writer import StreamWriter
from gateway.translation.pivot.errors import unreadable
from gateway.translation.pivot.events import Event, Failed, whole_answer
from gateway.translation.providers.reader import StreamReader
from gateway.translation.translator import Translated
from gateway.upstream.connections import Answer, WholeAnswer, read_whole

log = structlog.get_logger(__name__)

_JSON = "application/json"
_SSE = "text/event-stream; charset=utf-8"
# These speak of the body that the provider sent.
_OF_THE_BODY = frozenset({"content-type", "content-length", "content-encoding", "transfer-encoding"})


async def translated_answer(answer: Answer, request: Translated, secret: str) -> Answer:
    """The answer in the caller's dialect: a stream as it comes, and all else read to its end first."""
    headers = [(name, value) for name, value in answer.headers if name.lower() not in _OF_THE_BODY]
    if request.left_out:
        headers.append(("x-optimizer-left-out", ", ".join(sorted(request.left_out))))
    if answer.status < 300 and answer.header("content-type").startswith(request.api.stream_type):
        return TranslatedStream(answer, request, [*headers, ("content-type", _SSE)], secret)
    received = await unpack_whole(await read_whole(answer), packed=is_packed(answer))
    body = (
        _whole(received, request) if answer.status < 300 else _error(answer.status, received, request, secret)
    )
    return WholeAnswer(answer.status, [*headers, ("content-type", _JSON)], body)


def _whole(received: bytes, request: Translated) -> bytes:
    payload = json_object(received)
    if payload is None:
        raise unreadable("it is no JSON object")
    try:
        answer = whole_answer(request.api.events_of(payload), request.conversation.model)
        return orjson.dumps(request.caller.write_answer(answer))
    except orjson.JSONEncodeError:
        raise _nested_too_deeply() from None


def _nested_too_deeply() -> UpstreamFailed:
    return unreadable("it is nested too deeply")


def _error(status: int, received: bytes, request: Translated, secret: str) -> bytes:
    said = request.api.error_of(json_object(received) or {})
    return orjson.dumps(request.caller.write_error(status, _message(said, status, secret)))


def _message(said: str, status: int, secret: str) -> str:
    """What a provider says of an error, without the key that it got."""
    phrase = HTTPStatus(status).phrase if status in list(HTTPStatus) else "an error"
    told = said or f"the provider answered {status}: {phrase}"
    return told.replace(secret, "[key]") if secret else told


class TranslatedStream:
    """A stream in the caller's dialect. One of the provider's that broke stays broken."""

    def __init__(self, answer: Answer, request: Translated, headers: Headers, secret: str) -> None:
        self.status = answer.status
        self.headers = headers
        self.framed = answer.framed
        self._answer = answer
        self._secret = secret
        self._reader: StreamReader = request.api.stream_reader()
        self._writer: StreamWriter = request.caller.stream_writer(request.conversation)

    def header(self, name: str) -> str:
        named = [value for found, value in self.headers if found.lower() == name]
        return named[0].strip().lower() if named else ""

    async def chunks(self) -> AsyncIterator[bytes]:
        async for chunk in unpacked(self._answer):
            if written := self._written(self._reader.feed(chunk)):
                yield written
        if written := self._written(self._reader.end()):
            yield written

    def _written(self, events: Iterable[Event]) -> bytes:
        return b"".join(self._writer.write(self._shown(event)) for event in _readable(events))

    def _shown(self, event: Event) -> Event:
        if isinstance(event, Failed):
            return Failed(event.status, _message(event.message, event.status, self._secret))
        return event


def _readable(events: Iterable[Event]) -> Iterator[Event]:
    """The events; an error where the provider's stream is not what its API says."""
    try:
        yield from events
    except (UpstreamFailed, orjson.JSONEncodeError) as error:
        told = error if isinstance(error, UpstreamFailed) else _nested_too_deeply()
        log.warning("answer_not_translated", reason=told.message)
        yield Failed(told.status, told.message)
