"""A provider's answer passed on: unpacked where it came compressed, with `optimizer_stats` in a JSON one.

The trace is written before the last byte goes out.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Protocol

import orjson

from gateway.dialects.base import ApiDialect
from gateway.dialects.edits import Edit
from gateway.dialects.sse import StreamTap
from gateway.dialects.streamed_answer import StreamedAnswer
from gateway.draining import Drain
from gateway.errors import UpstreamFailed
from gateway.recording import Recording
from gateway.requests.bodies.body import json_object
from gateway.requests.bodies.encoding import ANY_WRAPPING
from gateway.requests.client import Client, ClientDisconnected
from gateway.requests.off_loop import off_loop
from gateway.upstream.connections import MAX_ANSWER_BYTES, Answer, read_whole, too_long_an_answer
from gateway.upstream.headers import answer_headers
from token_optimizer.models import OptimizationStats

_BLANK_LINES = (b"\n\n", b"\r\n\r\n")
_PACKED = frozenset({"gzip", "x-gzip", "deflate"})
_PIECE_BYTES = 1024**2
_LARGE_PIECE_BYTES = 8 * 1024**2
# What a packed answer is unpacked, at most, but for one that is made for it.
_TIMES_LARGER = 32


class StreamReader(Protocol):
    """Reads along a stream: `finished` once its closing event came, `failed` where it told of an error."""

    @property
    def finished(self) -> bool: ...

    @property
    def failed(self) -> bool: ...

    def feed(self, data: bytes) -> bytes:
        """The bytes to pass on now."""
        ...


class FollowedStream(StreamReader, Protocol):
    """One that also knows what was billed, what the provider did, and how much of the answer came."""

    @property
    def usage(self) -> Mapping[str, Any]: ...

    @property
    def edits(self) -> Sequence[Edit]: ...

    @property
    def answer_tokens(self) -> int: ...


def is_stream(answer: Answer) -> bool:
    return answer.header("content-type").startswith("text/event-stream")


async def pass_whole(
    client: Client, recording: Recording, dialect: ApiDialect, answer: Answer, stats: OptimizationStats | None
) -> None:
    """Pass on an answer that is no stream: with `stats` in it where it is a success and they are given,
    and byte for byte without."""
    received = await read_whole(answer)
    recording.note_answered()
    packed = is_packed(answer)
    body = await unpack_whole(received, packed=packed)
    payload = await off_loop(len(body), json_object, body)
    if payload is not None:
        recording.note_usage(dialect.usage_of(payload))
        recording.note_provider_edits(dialect.edits_of(payload))
        recording.note_answer(payload)
    if stats is None:
        body, packed = received, False
    elif payload is not None and answer.status < 300:
        recording.complete_stats()
        body = with_stats(body, payload, stats)
    await record_whole(recording, answer)
    headers = answer_headers(answer.headers, decoded=packed) + recording.headers
    await client.answer(answer.status, headers, body)


async def pass_stream(
    client: Client, recording: Recording, dialect: ApiDialect, answer: Answer, tap: StreamTap, drain: Drain
) -> None:
    """Pass a stream on as it comes. Where it breaks our connection breaks too: no made-up ending."""
    await client.start(answer.status, answer_headers(answer.headers, decoded=True) + recording.headers)
    pieces = unpacked(answer)
    said = StreamedAnswer(dialect) if recording.notes_answers else None
    async with followed(client, recording, dialect, answer, tap, drain):
        closing = await pass_until_closed(client, pieces, tap, said.read if said else None)
        before, last = before_last_event(closing)
        if before:
            # A short answer may come whole in one piece.
            await client.send(before)
    if said:
        recording.note_answer(said.whole())
    await record_stream(recording, answer, tap)
    if last:
        await client.send(last)
    async for chunk in pieces:
        if passed := tap.feed(chunk):
            await client.send(passed)
    if tap.finished or answer.framed:
        await client.send(tap.rest(), last=True)


@asynccontextmanager
async def followed(
    client: Client,
    recording: Recording,
    dialect: ApiDialect,
    answer: Answer,
    stream: FollowedStream,
    drain: Drain,
) -> AsyncIterator[None]:
    """While a stream is passed on. However that ends its usage is noted; where its client leaves it is read
    on before ClientDisconnected."""
    try:
        yield
    except asyncio.CancelledError:
        if not client.survives_leaving():
            raise
        # What is compressed cannot be taken up in its middle.
        if not is_packed(answer):
            await drain.read_on(answer, stream)
        raise ClientDisconnected from None
    finally:
        usage = dialect.usage(stream.usage)
        if stream.finished or stream.failed or answer.status >= 300:
            recording.note_usage(usage)
        else:
            recording.note_broken_off(usage, stream.answer_tokens)
        recording.note_provider_edits(stream.edits)


async def pass_until_closed(
    client: Client,
    pieces: AsyncIterator[bytes],
    tap: StreamReader,
    also: Callable[[bytes], None] | None = None,
) -> bytes:
    """Pass on what comes before the piece that closes the stream; that piece, not yet passed on. `also` reads
    along, too."""
    async for chunk in pieces:
        if also is not None:
            also(chunk)
        passed = tap.feed(chunk)
        if tap.finished:
            return passed
        if passed:
            await client.send(passed)
    return b""


def before_last_event(piece: bytes) -> tuple[bytes, bytes]:
    """What stands before the last event of a piece of a stream, and that event."""
    end = len(piece.rstrip(b"\r\n"))
    ends = (piece.rfind(blank, 0, end) + len(blank) for blank in _BLANK_LINES if blank in piece[:end])
    start = max(ends, default=0)
    return piece[:start], piece[start:]


async def record_whole(recording: Recording, answer: Answer) -> None:
    """Record an answer that came whole; an error of the provider's is one in the trace too."""
    if answer.status < 400:
        await recording.end("ok", answer.status)
    else:
        await recording.end("error", answer.status, f"the provider answered {answer.status}")


async def record_stream(recording: Recording, answer: Answer, tap: StreamReader) -> None:
    """Record a stream that has ended, by how it ended."""
    if tap.failed:
        await recording.end("error", answer.status, "the provider reported an error within the stream")
    elif tap.finished or answer.status >= 400:
        await record_whole(recording, answer)
    else:
        await recording.end("interrupted", answer.status, "the stream ended without its closing event")


def is_packed(answer: Answer) -> bool:
    """Whether the body is compressed in a way we can read."""
    return answer.header("content-encoding") in _PACKED


async def unpacked(answer: Answer) -> AsyncIterator[bytes]:
    """The body's bytes as they come, decompressed where they are compressed."""
    if not is_packed(answer):
        async for chunk in answer.chunks():
            yield chunk
        return
    unpacker = zlib.decompressobj(ANY_WRAPPING)
    async for chunk in answer.chunks():
        while chunk:
            yield _unpack(unpacker, chunk, _PIECE_BYTES)
            chunk = unpacker.unconsumed_tail
    if not unpacker.eof:
        raise UpstreamFailed("the provider's compressed answer is not whole")


async def unpack_whole(body: bytes, *, packed: bool) -> bytes:
    """A whole body, decompressed where it is compressed; UpstreamFailed where too much would come out."""
    return await off_loop(len(body) * _TIMES_LARGER, _unpack_whole, body) if packed else body


def _unpack_whole(body: bytes) -> bytes:
    unpacker, pieces, left = zlib.decompressobj(ANY_WRAPPING), [], MAX_ANSWER_BYTES
    while body:
        piece = _unpack(unpacker, body, _LARGE_PIECE_BYTES)
        left -= len(piece)
        if left < 0:
            raise too_long_an_answer()
        pieces.append(piece)
        body = unpacker.unconsumed_tail
    return b"".join(pieces)


def _unpack(unpacker: zlib._Decompress, data: bytes, max_bytes: int) -> bytes:
    try:
        return unpacker.decompress(data, max_bytes)
    except zlib.error as error:
        raise UpstreamFailed("the provider's answer could not be decompressed") from error


def with_stats(body: bytes, payload: Mapping[str, Any], stats: OptimizationStats) -> bytes:
    """The JSON object `payload` stands for, `optimizer_stats` added at its end.

    Added to the text: the provider's own bytes stay as they are, numbers like 1.50 too.
    """
    end = body.rindex(b"}")
    comma = b"," if payload else b""
    addition = b'%s"optimizer_stats":%s' % (comma, orjson.dumps(stats.as_dict()))
    return body[:end] + addition + body[end:]
