"""Echo in the shape of OpenAI's Responses API."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from itertools import count
from typing import Any

import orjson

from optimizer_app.providers.echo import Echo


def response(echo: Echo) -> dict[str, Any]:
    return _completed(_base(echo), echo, f"msg_{uuid.uuid4().hex}")


def response_events(echo: Echo) -> Iterator[bytes]:
    base, message_id, numbers = _base(echo), f"msg_{uuid.uuid4().hex}", count()
    place = {"output_index": 0, "item_id": message_id, "content_index": 0}

    def event(kind: str, **fields: Any) -> bytes:
        payload = {"type": kind, "sequence_number": next(numbers), **fields}
        return b"event: %s\ndata: %s\n\n" % (kind.encode(), orjson.dumps(payload))

    yield event("response.created", response=base)
    yield event("response.in_progress", response=base)
    opened = {**_message(message_id, "in_progress"), "content": []}
    yield event("response.output_item.added", output_index=0, item=opened)
    yield event("response.content_part.added", **place, part=_part(""))
    for text in echo.texts:
        yield event("response.output_text.delta", **place, delta=text, logprobs=[])
    yield event("response.output_text.done", **place, text=echo.text, logprobs=[])
    yield event("response.content_part.done", **place, part=_part(echo.text))
    completed = _completed(base, echo, message_id)
    yield event("response.output_item.done", output_index=0, item=completed["output"][0])
    yield event("response.completed", response=completed)


def _base(echo: Echo) -> dict[str, Any]:
    return {
        "id": f"resp_{uuid.uuid4().hex}",
        "object": "response",
        "created_at": int(time.time()),
        "status": "in_progress",
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "model": echo.model,
        "output": [],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": None,
    }


def _completed(base: dict[str, Any], echo: Echo, message_id: str) -> dict[str, Any]:
    message = {**_message(message_id, "completed"), "content": [_part(echo.text)]}
    usage = {
        "input_tokens": echo.input_tokens,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": echo.output_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": echo.input_tokens + echo.output_tokens,
    }
    return {**base, "status": "completed", "output": [message], "usage": usage}


def _message(message_id: str, status: str) -> dict[str, Any]:
    return {"id": message_id, "type": "message", "role": "assistant", "status": status}


def _part(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
