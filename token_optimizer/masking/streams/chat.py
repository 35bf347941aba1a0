"""Streams of OpenAI's chat completions: each choice has a text, and its calls have theirs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from token_optimizer.masking.streams.base import StreamRestorer

_TEXTS = ("content", "refusal")
# Where a call holds its own, and whether that is JSON.
_OF_CALL = (("function", "arguments", True), ("custom", "input", False))


class ChatRestorer(StreamRestorer):
    """What was held back comes with the chunk that ends its choice."""

    _last: Mapping[str, Any] = {}

    def passed(self, payload: Mapping[str, Any]) -> list[dict[str, Any]]:
        choices = payload.get("choices")
        if not isinstance(choices, list):
            return [dict(payload)]
        self._last = payload
        restored = [self._choice(choice) if isinstance(choice, dict) else choice for choice in choices]
        return [{**payload, "choices": restored}]

    def closing(self) -> list[dict[str, Any]]:
        numbers = dict.fromkeys(channel[0] for channel in list(self._held) if isinstance(channel, tuple))
        choices = [
            {"index": number, "delta": self._with_rests({}, number), "finish_reason": None}
            for number in numbers
        ]
        return [{**self._last, "choices": choices}] if choices else []

    def _choice(self, choice: Mapping[str, Any]) -> dict[str, Any]:
        delta, number = choice.get("delta"), choice.get("index")
        if not isinstance(delta, dict):
            delta = {}
        delta = self._delta(delta, number)
        if choice.get("finish_reason") is not None:
            delta = self._with_rests(delta, number)
        return {**choice, "delta": delta} if delta or "delta" in choice else dict(choice)

    def _delta(self, delta: Mapping[str, Any], number: Any) -> dict[str, Any]:
        restored = dict(delta)
        for name in _TEXTS:
            if isinstance(delta.get(name), str):
                restored[name] = self.piece((number, name), delta[name])
        if isinstance(delta.get("tool_calls"), list):
            restored["tool_calls"] = [self._call(call, number) for call in delta["tool_calls"]]
        called = delta.get("function_call")
        if isinstance(called, dict) and isinstance(called.get("arguments"), str):
            piece = self.piece((number, "function_call"), called["arguments"], is_json=True)
            restored["function_call"] = {**called, "arguments": piece}
        return restored

    def _call(self, call: Any, number: Any) -> Any:
        if not isinstance(call, dict):
            return call
        restored = dict(call)
        for kind, name, is_json in _OF_CALL:
            inner = call.get(kind)
            if isinstance(inner, dict) and isinstance(inner.get(name), str):
                channel = (number, kind, name, call.get("index"))
                restored[kind] = {**inner, name: self.piece(channel, inner[name], is_json=is_json)}
        return restored

    def _with_rests(self, delta: Mapping[str, Any], number: Any) -> dict[str, Any]:
        """A choice's last delta, with what is held back of its texts."""
        ended = dict(delta)
        for channel, text in self._rests_of(number):
            match channel:
                case (_, "function_call"):
                    inner = ended.get("function_call") or {}
                    ended["function_call"] = {**inner, "arguments": inner.get("arguments", "") + text}
                case (_, name):
                    ended[name] = (ended.get(name) or "") + text
                case (_, kind, name, at):
                    calls = [*(ended.get("tool_calls") or []), {"index": at, kind: {name: text}}]
                    ended["tool_calls"] = calls
        return ended

    def _rests_of(self, number: Any) -> Iterator[tuple[Any, str]]:
        channels = [channel for channel in self._held if isinstance(channel, tuple) and channel[0] == number]
        for channel in channels:
            yield channel, self.rest(channel)
