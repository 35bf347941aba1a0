"""Answers that unpack to more than anybody sends."""

from __future__ import annotations

import gzip

import pytest

from gateway import response
from gateway.errors import UpstreamFailed
from gateway.response import before_last_event, unpack_whole, unpacked
from gateway.upstream.connections import WholeAnswer

PACKED = gzip.compress(bytes(3 * 1024**2))


async def test_a_whole_answer_is_unpacked_within_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(response, "_LARGE_PIECE_BYTES", 1024**2)
    assert await unpack_whole(PACKED, packed=True) == bytes(3 * 1024**2)
    monkeypatch.setattr(response, "MAX_ANSWER_BYTES", 1024**2)
    with pytest.raises(UpstreamFailed, match="longer than"):
        await unpack_whole(PACKED, packed=True)


async def test_a_stream_is_unpacked_in_pieces() -> None:
    pieces = [piece async for piece in unpacked(WholeAnswer(200, [("content-encoding", "gzip")], PACKED))]
    assert sum(map(len, pieces)) == 3 * 1024**2
    assert max(map(len, pieces)) <= 1024**2


@pytest.mark.parametrize(
    ("piece", "before", "last"),
    [
        (b"data: 1\n\ndata: [DONE]\n\n", b"data: 1\n\n", b"data: [DONE]\n\n"),
        (b"data: 1\n\nevent: end\ndata: {}\n\n", b"data: 1\n\n", b"event: end\ndata: {}\n\n"),
        (b"data: 1\r\n\r\ndata: [DONE]\r\n\r\n", b"data: 1\r\n\r\n", b"data: [DONE]\r\n\r\n"),
        (b"data: [DONE]\n\n", b"", b"data: [DONE]\n\n"),
        (b" 1}\n\ndata: [DONE]", b" 1}\n\n", b"data: [DONE]"),
        (b"\n\n", b"", b"\n\n"),
        (b"", b"", b""),
    ],
)
def test_the_last_event_is_told_from_what_came_before(piece: bytes, before: bytes, last: bytes) -> None:
    assert before_last_event(piece) == (before, last)
