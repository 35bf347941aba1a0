"""Echo in the shape of OpenAI's chat completions."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from typing import Any

import orjson

from optimizer_app.providers.echo import Echo


def chat_completion(echo: Echo) -> dict[str, Any]:
    message = {"role": "assistant", "content": echo.text, "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    return {**_base(echo, "chat.completion"), "choices": [choice], "usage": _usage(echo)}


def _base(echo: Echo, kind: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{uuid.uuid4().hex}",
        "object": kind,
        "created": int(time.time()),
        "model": echo.model,
    }


def _usage(echo: Echo) -> dict[str, Any]:
    return {
        "prompt_tokens": echo.input_tokens,
        "completion_tokens": echo.output_tokens,
        "total_tokens": echo.input_tokens + echo.output_tokens,
    }


def chat_events(echo: Echo, *, with_usage: bool) -> Iterator[bytes]:
    base = _base(echo, "chat.completion.chunk") | ({"usage": None} if with_usage else {})

    def chunk(delta: dict[str, Any], finish_reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return b"data: %s\n\n" % orjson.dumps({**base, "choices": [choice]})

    yield chunk({"role": "assistant", "content": ""})
    for text in echo.texts:
        yield chunk({"content": text})
    yield chunk({}, "stop")
    if with_usage:
        yield b"data: %s\n\n" % orjson.dumps({**base, "choices": [], "usage": _usage(echo)})
    yield b"data: [DONE]\n\n"
