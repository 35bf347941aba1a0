"""Answers' bodies: unpacked where they came compressed, and `optimizer_stats` put into JSON ones."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

import orjson

from gateway.errors import UpstreamFailed
from gateway.upstream import Answer
from token_optimizer.models import OptimizationStats

_PACKED = frozenset({"gzip", "x-gzip", "deflate"})
# zlib and gzip, told apart by their first bytes.
_ANY_WRAPPING = 47


def is_stream(answer: Answer) -> bool:
    return answer.header("content-type").startswith("text/event-stream")


def is_packed(answer: Answer) -> bool:
    """Whether the body is compressed in a way we can read."""
    return answer.header("content-encoding") in _PACKED


async def unpacked(answer: Answer) -> AsyncIterator[bytes]:
    """The body's bytes as they come, decompressed where they are compressed."""
    if not is_packed(answer):
        async for chunk in answer.chunks():
            yield chunk
        return
    unpacker = zlib.decompressobj(_ANY_WRAPPING)
    async for chunk in answer.chunks():
        yield _unpack(unpacker, chunk)
    if not unpacker.eof:
        raise UpstreamFailed("the provider's compressed answer is not whole")


def unpack_whole(body: bytes, *, packed: bool) -> bytes:
    """A whole body, decompressed where it is compressed."""
    return _unpack(zlib.decompressobj(_ANY_WRAPPING), body) if packed else body


def _unpack(unpacker: zlib._Decompress, data: bytes) -> bytes:
    try:
        return unpacker.decompress(data)
    except zlib.error as error:
        raise UpstreamFailed("the provider's answer could not be decompressed") from error


def json_object(body: bytes) -> dict[str, Any] | None:
    """The JSON object that a body is; None where it is something else."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


def with_stats(body: bytes, payload: Mapping[str, Any], stats: OptimizationStats) -> bytes:
    """The JSON object `payload` stands for, `optimizer_stats` added at its end.

    Added to the text: the provider's own bytes stay as they are, numbers like 1.50 too.
    """
    end = body.rindex(b"}")
    comma = b"," if payload else b""
    addition = b'%s"optimizer_stats":%s' % (comma, orjson.dumps(stats.as_dict()))
    return body[:end] + addition + body[end:]
