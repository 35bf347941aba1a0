"""Compressed request bodies."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable

import pytest
import zstandard

from gateway.errors import BadRequest, TooLarge, UnsupportedEncoding
from gateway.requests.bodies.encoding import unpacked_body
from gateway.state import MAX_REQUEST_BYTES
from tests.gateway.accounts import Account
from tests.gateway.prompts import HI, MODEL
from tests.provider.mock_provider import MockProvider

BODY = json.dumps({"model": MODEL, "messages": HI}).encode()


def _bare_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


PACKERS: dict[str, list[Callable[[bytes], bytes]]] = {
    "gzip": [gzip.compress],
    "deflate": [zlib.compress, _bare_deflate],
    "zstd": [zstandard.compress],
}
PACKED = [(encoding, pack) for encoding, packers in PACKERS.items() for pack in packers]


@pytest.mark.parametrize(("encoding", "pack"), PACKED)
def test_it_works(
    account: Account, provider: MockProvider, encoding: str, pack: Callable[[bytes], bytes]
) -> None:
    headers = {"content-encoding": encoding, "content-type": "application/json"}
    for path in ("/v1/chat/completions", "/v1/messages", "/v1/optimize"):
        answer = account.post(path, data=pack(BODY), headers=headers)
        assert answer.status_code == 200, answer.text

    assert [request.raw for request in provider.requests] == [BODY, BODY]
    assert "content-encoding" not in provider.requests[0].headers


def test_in_off_mode_it_stays_compressed(account: Account, provider: MockProvider) -> None:
    packed = gzip.compress(BODY)
    headers = {"content-encoding": "gzip", "x-optimizer-mode": "off"}
    answer = account.post("/v1/chat/completions", data=packed, headers=headers)

    assert provider.requests[0].raw == packed
    assert provider.requests[0].headers["content-encoding"] == "gzip"
    assert account.trace(answer.headers["x-optimizer-trace-id"])["tokens_before"] > 0


@pytest.mark.parametrize(("encoding", "pack"), PACKED)
def test_what_would_grow_too_large_is_refused(encoding: str, pack: Callable[[bytes], bytes]) -> None:
    packed = pack(bytes(10_000_000))
    with pytest.raises(TooLarge):
        unpacked_body(packed, encoding, 1_000_000)
    assert len(unpacked_body(packed, encoding, 10_000_000)) == 10_000_000


def test_a_bomb_is_a_413(account: Account, provider: MockProvider) -> None:
    packed = gzip.compress(bytes(MAX_REQUEST_BYTES + 1))
    answer = account.post("/v1/chat/completions", data=packed, headers={"content-encoding": "gzip"})
    assert answer.status_code == 413
    assert not provider.requests


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
@pytest.mark.parametrize(
    "body", [b"nothing of the kind", gzip.compress(BODY, mtime=0)[:-12]], ids=["other", "cut"]
)
def test_a_body_that_is_not_what_it_says(encoding: str, body: bytes) -> None:
    with pytest.raises(BadRequest):
        unpacked_body(body, encoding, 1_000)


def test_an_encoding_that_is_not_read_is_named() -> None:
    with pytest.raises(UnsupportedEncoding, match="'br'"):
        unpacked_body(BODY, "br", 1_000)
