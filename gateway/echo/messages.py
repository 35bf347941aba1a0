"""Echo in the shape of Anthropic's messages."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import orjson

from optimizer_app.providers.echo import Echo


def message(echo: Echo) -> dict[str, Any]:
    content = [{"type": "text", "text": echo.text}]
    return _base(echo) | {
        "content": content,
        "stop_reason": "end_turn",
        "usage": _usage(echo, echo.output_tokens),
    }


def _base(echo: Echo) -> dict[str, Any]:
    return {
        "id": f"msg_{uuid.uuid4().hex}",
        "type": "message",
        "role": "assistant",
        "model": echo.model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
    }


def _usage(echo: Echo, output_tokens: int) -> dict[str, int]:
    return {
        "input_tokens": echo.input_tokens,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": output_tokens,
    }


def message_events(echo: Echo) -> Iterator[bytes]:
    start = _base(echo) | {"usage": _usage(echo, 1)}
    yield _event("message_start", message=start)
    yield _event("content_block_start", index=0, content_block={"type": "text", "text": ""})
    for text in echo.texts:
        yield _event("content_block_delta", index=0, delta={"type": "text_delta", "text": text})
    yield _event("content_block_stop", index=0)
    ending = {"stop_reason": "end_turn", "stop_sequence": None}
    yield _event("message_delta", delta=ending, usage={"output_tokens": echo.output_tokens})
    yield _event("message_stop")


def _event(name: str, **fields: Any) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name.encode(), orjson.dumps({"type": name, **fields}))
