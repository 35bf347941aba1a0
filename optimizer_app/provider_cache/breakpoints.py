"""Breakpoints for Anthropic's cache, at the ends of what a conversation sends again.

Up to four, in the order of the prompt: behind the tools, behind the system text, behind the newest turn of
the request before (what is cached up to there is found however much came since), and behind the newest turn.
Before: "content": "Go on."
After: "content": [{"type": "text", "text": "Go on.", "cache_control": {"type": "ephemeral"}}]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from optimizer_app.provider_cache.lifetimes import Lifetime

Json = dict[str, Any]
# Others, thinking above all, must not be marked.
_MARKABLE = frozenset({"text", "image", "document", "tool_use", "tool_result", "search_result"})


class Place(StrEnum):
    """Where a breakpoint stands, in the order of the prompt."""

    TOOLS = "tools"
    SYSTEM = "system"
    TURN_BEFORE = "turn_before"
    NEWEST_TURN = "newest_turn"


def with_breakpoints(body: Mapping[str, Any], lifetimes: Mapping[Place, Lifetime]) -> Json:
    """The body with a breakpoint at each of the places that it has; the body itself stays as it is."""
    marked = dict(body)
    for place, lifetime in longest_first(lifetimes).items():
        mark = {"cache_control": _control(lifetime)}
        if place is Place.TOOLS:
            marked["tools"] = _marked_tools(marked.get("tools"), mark)
        elif place is Place.SYSTEM:
            marked["system"] = _marked(marked.get("system"), mark)
        else:
            marked["messages"] = _marked_message(marked["messages"], place, mark)
    return {name: value for name, value in marked.items() if name in body}


def longest_first(lifetimes: Mapping[Place, Lifetime]) -> dict[Place, Lifetime]:
    """The lifetimes in the order of the prompt, each at least as long as those behind it: a longer one
    behind a shorter one is refused."""
    ordered: dict[Place, Lifetime] = {}
    longest = Lifetime.MINUTES
    for place in reversed(Place):
        if place in lifetimes:
            longest = Lifetime.HOUR if Lifetime.HOUR in (longest, lifetimes[place]) else longest
            ordered[place] = longest
    return dict(reversed(ordered.items()))


def turn_ends(messages: Sequence[Any]) -> dict[Place, int]:
    """The messages of the user that end the newest turn and the one before it, as far as they are there."""
    ends: dict[Place, int] = {}
    places = [Place.NEWEST_TURN, Place.TURN_BEFORE]
    wanted = True
    for number in range(len(messages) - 1, -1, -1):
        role = messages[number].get("role") if isinstance(messages[number], dict) else None
        if role == "user" and wanted:
            ends[places[len(ends)]] = number
            wanted = False
            if len(ends) == len(places):
                break
        elif role == "assistant":
            wanted = True
    return ends


def _control(lifetime: Lifetime) -> Json:
    control = {"type": "ephemeral"}
    return control if lifetime is Lifetime.MINUTES else {**control, "ttl": lifetime.value}


def _marked_message(messages: list[Any], place: Place, mark: Json) -> list[Any]:
    number = turn_ends(messages).get(place)
    if number is None:
        return messages
    message = messages[number]
    marked = {**message, "content": _marked(message.get("content"), mark)}
    return [*messages[:number], marked, *messages[number + 1 :]]


def _marked_tools(tools: Any, mark: Json) -> Any:
    """Tools with a mark on the last one that is sent at once: one that is deferred must not be marked."""
    return _with_last(tools, lambda tool: not tool.get("defer_loading"), mark)


def _marked(content: Any, mark: Json) -> Any:
    """A text or a list of blocks with a mark on the last block that can be marked."""
    if isinstance(content, str):
        return [{"type": "text", "text": content, **mark}] if content.strip() else content
    return _with_last(content, _is_markable, mark)


def _is_markable(block: Json) -> bool:
    if block.get("type") == "text":
        return bool(str(block.get("text", "")).strip())
    return block.get("type") in _MARKABLE


def _with_last(items: Any, is_wanted: Any, mark: Json) -> Any:
    """A list with the mark in its last wanted object; what is no list, or has none, as it is."""
    if not isinstance(items, list):
        return items
    for number in range(len(items) - 1, -1, -1):
        if isinstance(items[number], dict) and is_wanted(items[number]):
            return [*items[:number], {**items[number], **mark}, *items[number + 1 :]]
    return items
