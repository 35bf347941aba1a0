"""What relayed answers say was billed."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from gateway.dialects.relayed_usage import RelayedUsage
from optimizer_app.optimize.usage import UNKNOWN_USAGE, Usage

EMBEDDINGS = {"data": [0.125] * 20_000, "usage": {"prompt_tokens": 8, "total_tokens": 8}}
IMAGE = {"usage": {"input_tokens": 5, "output_tokens": 7}, "data": "x" * 100_000}
TEXT = {"text": '{"usage":{"prompt_tokens":99}}', "usage": {"type": "duration", "seconds": 3}}


def _read(answer: bytes, *, packed: bool = False, piece: int = 1000) -> Usage:
    reader = RelayedUsage("openai", packed=packed)
    for start in range(0, len(answer), piece):
        reader.feed(answer[start : start + piece])
    return reader.usage()


@pytest.mark.parametrize(
    ("answer", "billed"),
    [
        (EMBEDDINGS, Usage(8)),
        (IMAGE, Usage(5, output_tokens=7)),
        (TEXT, UNKNOWN_USAGE),
        ({"text": '"usage": {"prompt_tokens":99}'}, UNKNOWN_USAGE),
        ({"usage": None}, UNKNOWN_USAGE),
        ({"usage": {"prompt_tokens": "many"}}, UNKNOWN_USAGE),
    ],
)
@pytest.mark.parametrize("piece", [7, 1_000_000])
def test_it_works(answer: dict[str, Any], billed: Usage, piece: int) -> None:
    raw = json.dumps(answer).encode()
    assert _read(raw, piece=piece) == billed
    assert _read(gzip.compress(raw), packed=True, piece=piece) == billed


def test_a_stream_says_it_at_its_end() -> None:
    events = [{"choices": [{"text": "a"}], "usage": None}] * 2 + [{"usage": {"prompt_tokens": 3}}]
    stream = b"".join(b"data: %s\n\n" % json.dumps(event).encode() for event in events)
    assert _read(stream + b"data: [DONE]\n\n") == Usage(3)


@pytest.mark.parametrize(
    "answer", [b"", b'"usage":{', b'"usage":{"a"', b'"usage":{"a":' + b"[" * 9000, b'"usage":{' * 1000]
)
def test_an_answer_that_is_none_says_nothing(answer: bytes) -> None:
    assert _read(answer) == UNKNOWN_USAGE
    assert _read(answer, packed=True) == UNKNOWN_USAGE


def test_what_unpacks_without_end_is_not_read_to_its_end() -> None:
    packed = gzip.compress(bytes(200 * 1024**2) + json.dumps(EMBEDDINGS).encode(), 1)
    assert _read(packed, packed=True, piece=64 * 1024) == UNKNOWN_USAGE
