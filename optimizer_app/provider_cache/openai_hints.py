"""Hints for OpenAI's cache, which caches unasked: which requests begin alike, and where their beginning ends.

Requests with one `prompt_cache_key` are led to one place. Ours is a hash of the prompt's beginning, cut where
the shortest cacheable prefix ends: prompts that differ before that have nothing to share, and all others get
one key. From GPT-5.6 on writes are billed, and a prefix is found only where a breakpoint stood; an explicit
one behind the instructions costs no write that the implicit one would not, and other conversations find it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from optimizer_app.provider_cache.lifetimes import CacheCosts

Json = dict[str, Any]
BREAKPOINT = "prompt_cache_breakpoint"
KEY = "prompt_cache_key"
_MARK: Json = {BREAKPOINT: {"mode": "explicit"}}
_INSTRUCTING = ("system", "developer")
# No shorter in tokens than the shortest prefix that is cached, in any usual text.
_OPENING_BYTES = 4096
_KEY_BYTES = 16
LEAST_TOKENS = 1024
_BYTES_PER_TOKEN = 3
# With these the prompt begins with what an earlier request held.
_CONTINUING = ("previous_response_id", "conversation", "prompt")


def cache_key(body: Mapping[str, Any], secret: str) -> str:
    """The key of a prompt's beginning, which tells nothing of it; empty where the body does not show how the
    prompt begins."""
    opening = _opening(body)
    if not opening:
        return ""
    named = str(body.get("model", "")).encode("utf-8", "replace")
    hashed = hashlib.blake2b(named, key=secret.encode()[:64], digest_size=_KEY_BYTES)
    hashed.update(b"\0" + opening[:_OPENING_BYTES])
    return hashed.hexdigest()


def _opening(body: Mapping[str, Any]) -> bytes:
    """What the prompt begins with, the same on all turns of a conversation."""
    if instructions := body.get("instructions"):
        return _bytes(instructions)
    items = conversation_items(body)
    leading = leading_instructions(items)
    is_whole = not any(body.get(name) for name in _CONTINUING)
    # A later turn may be sent as what came since, without the instructions of the first one.
    may_be_continued = "messages" not in body and body.get("store") is not False
    if is_whole and not may_be_continued and leading:
        return _bytes([items[number].get("content") for number in leading])
    if body.get("tools"):
        return _bytes(body["tools"])
    return _bytes(items[0].get("content")) if is_whole and not may_be_continued and items else b""


def conversation_items(body: Mapping[str, Any]) -> list[Any]:
    """The messages, or the items of the input, as far as they are objects."""
    items = body.get("messages", body.get("input"))
    return items if isinstance(items, list) and all(isinstance(item, dict) for item in items) else []


def leading_instructions(items: Sequence[Json]) -> range:
    """The messages of the system or the developer with which the prompt begins."""
    count = 0
    for item in items:
        if item.get("role") not in _INSTRUCTING:
            break
        count += 1
    return range(count)


def bills_writes(costs: CacheCosts | None) -> bool:
    """Whether the model's writes cost more than plain input."""
    return costs is not None and costs.write_usd > costs.input_usd


def with_breakpoint(body: Mapping[str, Any]) -> Json | None:
    """The body with a breakpoint behind its leading instructions; None where they are too short to be cached,
    or are no list of messages."""
    items = conversation_items(body)
    leading = leading_instructions(items)
    if not leading or len(_bytes([items[number] for number in leading])) < LEAST_TOKENS * _BYTES_PER_TOKEN:
        return None
    last = items[leading[-1]]
    content = _marked(last.get("content"), "text" if "messages" in body else "input_text")
    if content is None:
        return None
    marked = [*items[: leading[-1]], {**last, "content": content}, *items[len(leading) :]]
    return {**body, ("messages" if "messages" in body else "input"): marked}


def _marked(content: Any, kind: str) -> list[Any] | None:
    if isinstance(content, str):
        return [{"type": kind, "text": content, **_MARK}]
    if isinstance(content, list) and content and isinstance(content[-1], dict):
        return [*content[:-1], {**content[-1], **_MARK}]
    return None


def _bytes(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)
