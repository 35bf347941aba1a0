"""What a model said, out of an answer as a client got it: JSON or a stream, in any of the three dialects."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson

from optimizer_app.playground.streams import BrokenStream, deltas_of
from token_optimizer.models import Dialect


def answer_text(answer: str, dialect: Dialect) -> str:
    """The text with the calls of tools in it, as far as it came; empty where the answer has none."""
    try:
        payload = orjson.loads(answer)
    except orjson.JSONDecodeError:
        return "".join(_streamed(answer, dialect)).strip()
    if not isinstance(payload, dict):
        return ""
    read: Mapping[str, Callable[[dict[str, Any]], Iterator[str]]] = {
        "openai": _chat,
        "anthropic": _messages,
        "responses": _responses,
    }
    return "\n".join(filter(None, read[dialect](payload)))


def _streamed(answer: str, dialect: Dialect) -> Iterator[str]:
    try:
        yield from (delta.text for delta in deltas_of(answer.encode().splitlines(), dialect))
    except BrokenStream:
        return


def _chat(payload: dict[str, Any]) -> Iterator[str]:
    for choice in _objects(payload.get("choices")):
        message = choice.get("message") or {}
        yield _text(message.get("content"))
        for call in _objects(message.get("tool_calls")):
            function = call.get("function") or {}
            yield _call(function.get("name"), function.get("arguments"))


def _messages(payload: dict[str, Any]) -> Iterator[str]:
    for part in _objects(payload.get("content")):
        yield _text(part.get("text"))
        if part.get("type") == "tool_use":
            yield _call(part.get("name"), orjson.dumps(part.get("input")).decode())


def _responses(payload: dict[str, Any]) -> Iterator[str]:
    for item in _objects(payload.get("output")):
        yield from (_text(part.get("text")) for part in _objects(item.get("content")))
        if item.get("type") == "function_call":
            yield _call(item.get("name"), item.get("arguments"))


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _call(name: Any, arguments: Any) -> str:
    return f"→ {name} {arguments}"
