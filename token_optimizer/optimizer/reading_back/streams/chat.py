"""Streams of OpenAI's chat completions, joined.

All chunks get the id of the first one, and the calls of the client's tools are counted without ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from token_optimizer.models import Dialect
from token_optimizer.optimizer.reading_back.answers import separator
from token_optimizer.optimizer.reading_back.streams.base import Json, StreamJoiner, merge
from token_optimizer.optimizer.reading_back.tool import NAME

# Of a delta's texts these come whole.
_UNSPLIT = frozenset({"id", "type", "role", "name"})


class ChatJoiner(StreamJoiner):
    """A request that reads back has one choice."""

    dialect: ClassVar[Dialect] = "openai"

    def __init__(self) -> None:
        super().__init__()
        self._said = ""
        self._identity: Json = {}
        self._start_round()

    def _start_round(self) -> None:
        self._message: Json = {}
        self._calls: dict[Any, Json] = {}
        # The number of each call among those that the client sees, once its name is known; None for ours.
        self._places: dict[Any, int | None] = {}
        self._finish_reason: Any = None
        self._held: list[Json] = []
        self._last: Json = {}

    def passed(self, event: Json) -> Json | None:
        self._identity = self._identity or {name: event[name] for name in ("id", "created") if name in event}
        self._last = event
        usage = event.get("usage")
        if isinstance(usage, Mapping):
            self.usage = usage
        choices = event.get("choices")
        if not isinstance(choices, list) or not choices:
            return self._passed_ending(event)
        choice = choices[0]
        seen = self._passed_delta(choice.get("delta") or {})
        self._finish_reason = choice.get("finish_reason") or self._finish_reason
        if self.has_calls and choice.get("finish_reason"):
            self._held.append({**event, "choices": [{**choice, "delta": {}}]})
            choice = {**choice, "finish_reason": None}
        if seen == choices[0].get("delta") and choice is choices[0]:
            return event if not self.round else self._named(event)
        if not _says_something(seen) and not choice.get("finish_reason"):
            return None
        return self._named({**event, "choices": [{**choice, "delta": seen}]})

    def _passed_ending(self, event: Json) -> Json | None:
        """A chunk without choices: with the usage, it closes the stream."""
        if not isinstance(event.get("usage"), Mapping):
            return None if self.round else event
        if self.has_calls:
            self._held.append(event)
            return None
        return self._named(event) if self.round else event

    def _passed_delta(self, delta: Json) -> Json:
        """The delta without what is ours, and without what only the first stream says."""
        rest = {name: value for name, value in delta.items() if name != "tool_calls"}
        starts_text = bool(rest.get("content")) and not self._message.get("content")
        merge(self._message, rest, _UNSPLIT)
        if self.round:
            rest.pop("role", None)
        if starts_text and self._said:
            rest["content"] = separator(self._said, rest["content"]) + rest["content"]
        calls = delta.get("tool_calls")
        if not isinstance(calls, list):
            return {**rest, **({"tool_calls": calls} if "tool_calls" in delta else {})}
        passed = [seen for call in calls if isinstance(call, dict) and (seen := self._passed_call(call))]
        return {**rest, "tool_calls": passed} if passed else rest

    def _passed_call(self, call: Json) -> Json | None:
        """A piece of a call; all of the call so far where its name was not known before."""
        index = call.get("index", 0)
        whole = self._calls.setdefault(index, {})
        merge(whole, call, _UNSPLIT)
        if index in self._places:
            place = self._places[index]
            return None if place is None else {**call, "index": place}
        name = (whole.get("function") or whole.get("custom") or {}).get("name")
        if not name:
            return None
        is_ours = name == NAME
        self.has_calls = self.has_calls or is_ours
        self._places[index] = None if is_ours else self._passed_calls
        return None if is_ours else {**whole, "index": self._places[index]}

    @property
    def _passed_calls(self) -> int:
        return sum(place is not None for place in self._places.values())

    def _named(self, event: Json) -> Json:
        usage = {"usage": dict(self.total_usage)} if isinstance(event.get("usage"), Mapping) else {}
        return {**event, **self._identity, **usage}

    def answer(self) -> Json:
        calls = [
            {name: value for name, value in call.items() if name != "index"} for call in self._calls.values()
        ]
        message = {"role": "assistant", **self._message, **({"tool_calls": calls} if calls else {})}
        choice = {"index": 0, "message": message, "finish_reason": self._finish_reason}
        return {**self._last, "object": "chat.completion", "choices": [choice], "usage": dict(self.usage)}

    def closing(self) -> list[Json]:
        return [self._closed(event) for event in self._held]

    def _closed(self, event: Json) -> Json:
        choices = [
            {**choice, "finish_reason": "stop"}
            if choice["finish_reason"] == "tool_calls" and not self._passed_calls
            else choice
            for choice in event["choices"]
        ]
        return self._named({**event, "choices": choices})

    def go_on(self) -> None:
        said = self._message.get("content")
        if isinstance(said, str) and said:
            self._said += separator(self._said, said) + said
        super().go_on()


def _says_something(delta: Json) -> bool:
    return any(value not in (None, "", []) for value in delta.values())
