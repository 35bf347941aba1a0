"""What the events of a provider's stream say: pieces of the answer's text, and what is billed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from optimizer_app.optimize.usage import Usage
from token_optimizer.models import Dialect


@dataclass(frozen=True, slots=True)
class Delta:
    """One event: a piece of text, or numbers of the bill as far as they are known."""

    text: str = ""
    usage: Usage | None = None


def deltas_of(lines: Iterable[bytes], dialect: Dialect) -> Iterator[Delta]:
    """The deltas of a stream of server-sent events, each of whose data is one line of JSON."""
    read = {"openai": _chat, "anthropic": _messages, "responses": _responses}[dialect]
    for line in lines:
        event = _event(line)
        if event is not None:
            yield read(event)


def _event(line: bytes) -> Mapping[str, Any] | None:
    if not line.startswith(b"data:"):
        return None
    try:
        event = orjson.loads(line[5:])
    except orjson.JSONDecodeError:
        return None
    return event if isinstance(event, dict) else None


def _chat(event: Mapping[str, Any]) -> Delta:
    choices = event.get("choices") or [{}]
    usage = event.get("usage")
    details = (usage or {}).get("prompt_tokens_details") or {}
    return Delta(
        (choices[0].get("delta") or {}).get("content") or "",
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
    text = (event.get("delta") or {}).get("text") or ""
    if not usage:
        return Delta(text)
    cached, written = usage.get("cache_read_input_tokens"), usage.get("cache_creation_input_tokens")
    fresh = usage.get("input_tokens")
    whole = None if fresh is None else fresh + (cached or 0) + (written or 0)
    return Delta(text, Usage(whole, cached, written, usage.get("output_tokens")))


def _responses(event: Mapping[str, Any]) -> Delta:
    if event.get("type") == "response.output_text.delta":
        return Delta(str(event.get("delta") or ""))
    usage = (event.get("response") or {}).get("usage")
    if not usage:
        return Delta()
    details = usage.get("input_tokens_details") or {}
    cached = details.get("cached_tokens")
    return Delta(usage=Usage(usage.get("input_tokens"), cached, None, usage.get("output_tokens")))
