"""What the events of a provider's stream say: pieces of the answer's text, and what is billed.

A call of a tool is told as text: `→ read_file {"path": "a.py"}`. A stream without its closing event is not
whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from optimizer_app.optimize.usage import Usage
from token_optimizer.models import Dialect

_CLOSING = frozenset({"message_stop", "response.completed", "response.incomplete"})


@dataclass(frozen=True, slots=True)
class Delta:
    """One event: a piece of text, or numbers of the bill as far as they are known."""

    text: str = ""
    usage: Usage | None = None


class BrokenStream(Exception):
    """The stream ended early; the message has what the provider said of that."""


def deltas_of(lines: Iterable[bytes], dialect: Dialect) -> Iterator[Delta]:
    """The deltas of a stream of server-sent events, each of whose data is one line of JSON."""
    read = {"openai": _chat, "anthropic": _messages, "responses": _responses}[dialect]
    finished = False
    for line in lines:
        event = _event(line)
        finished = finished or _is_last(line, event)
        if error := _error(event):
            raise BrokenStream(error)
        yield read(event)
    if not finished:
        raise BrokenStream


def _event(line: bytes) -> Mapping[str, Any]:
    """The data of a line; empty where it has none."""
    if not line.startswith(b"data:"):
        return {}
    try:
        event = orjson.loads(line[5:])
    except orjson.JSONDecodeError:
        return {}
    return event if isinstance(event, dict) else {}


def _is_last(line: bytes, event: Mapping[str, Any]) -> bool:
    return line.strip() == b"data: [DONE]" or event.get("type") in _CLOSING


def _error(event: Mapping[str, Any]) -> str:
    error = event.get("error") or (event.get("response") or {}).get("error")
    return str(error.get("message", error)) if isinstance(error, dict) else ""


def _chat(event: Mapping[str, Any]) -> Delta:
    choices = event.get("choices") or [{}]
    delta = choices[0].get("delta") or {}
    calls = (call.get("function") or {} for call in delta.get("tool_calls") or ())
    called = "".join(_call(call.get("name"), call.get("arguments")) for call in calls)
    usage = event.get("usage")
    details = (usage or {}).get("prompt_tokens_details") or {}
    return Delta(
        (delta.get("content") or "") + called,
        usage
        and Usage(
            usage.get("prompt_tokens"),
            details.get("cached_tokens"),
            details.get("cache_write_tokens"),
            usage.get("completion_tokens"),
        ),
    )


def _messages(event: Mapping[str, Any]) -> Delta:
    """Anthropic counts what it read from and wrote to its cache beside the input."""
    usage = event.get("usage") or (event.get("message") or {}).get("usage")
    delta, block = event.get("delta") or {}, event.get("content_block") or {}
    text = delta.get("text") or _call(block.get("name"), delta.get("partial_json"))
    if not usage:
        return Delta(text)
    cached, written = usage.get("cache_read_input_tokens"), usage.get("cache_creation_input_tokens")
    fresh = usage.get("input_tokens")
    whole = None if fresh is None else fresh + (cached or 0) + (written or 0)
    return Delta(text, Usage(whole, cached, written, usage.get("output_tokens")))


def _responses(event: Mapping[str, Any]) -> Delta:
    if event.get("type") == "response.output_text.delta":
        return Delta(str(event.get("delta") or ""))
    if event.get("type") == "response.function_call_arguments.delta":
        return Delta(_call(None, event.get("delta")))
    if event.get("type") == "response.output_item.added":
        return Delta(_call((event.get("item") or {}).get("name"), None))
    usage = (event.get("response") or {}).get("usage")
    if not usage:
        return Delta()
    details = usage.get("input_tokens_details") or {}
    cached = details.get("cached_tokens")
    return Delta(usage=Usage(usage.get("input_tokens"), cached, None, usage.get("output_tokens")))


def _call(name: Any, arguments: Any) -> str:
    """The beginning of a call of a tool, or a piece of its arguments."""
    return (f"\n→ {name} " if name else "") + (arguments if isinstance(arguments, str) else "")
