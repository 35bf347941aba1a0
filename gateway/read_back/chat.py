"""Streams of OpenAI's chat completions, joined."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.dialects.sse import data_of, parsed_event, sse_event
from gateway.read_back.joiner import StreamJoiner
from token_optimizer.optimizer.reading_back.tool import NAME as TOOL_NAME

_DONE = b"data: [DONE]\n\n"
# Of a delta's texts these come whole; all others come in pieces.
_WHOLE = frozenset({"id", "type", "role", "name"})
Json = dict[str, Any]


class ChatJoiner(StreamJoiner):
    """Chunks get the id of the first one, and calls of the client's tools are counted anew without ours."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._identity: Json = {}
        self._choices: dict[int, _Choice] = {}
        self._held: list[Json] = []
        self._last: Json = {}

    def start_round(self) -> None:
        self._choices = {}
        self._held = []

    def relayed(self, event: bytes) -> bytes:
        if data_of(event) == b"[DONE]":
            return b"" if self.has_calls else event
        chunk = parsed_event(event)
        choices = chunk.get("choices")
        if not isinstance(choices, list) or chunk.get("error"):
            return event
        self._identity = self._identity or {name: chunk[name] for name in ("id", "created") if name in chunk}
        self._last = chunk
        if not choices:
            return self._without_choices(event, chunk)
        passed = [seen for choice in choices if (seen := self._relayed_choice(chunk, choice)) is not None]
        if not passed:
            return b""
        return event if passed == choices and not self.round else self._as_event(chunk, passed)

    def _without_choices(self, event: bytes, chunk: Json) -> bytes:
        """The chunk that tells the usage is held back where the answer may go on."""
        if not isinstance(chunk.get("usage"), Mapping):
            return event if not self.round else b""
        if self.has_calls:
            self._held.append(chunk)
            return b""
        return self._as_event(chunk, []) if self.round else event

    def _relayed_choice(self, chunk: Json, seen: Any) -> Json | None:
        """A choice as it passes now; None where nothing of it does."""
        if not isinstance(seen, dict) or not isinstance(seen.get("delta"), dict):
            return seen
        index = seen.get("index", 0)
        choice = self._choices.setdefault(index, _Choice(later=self.round > 0))
        delta = choice.relayed(seen["delta"])
        self.has_calls = self.has_calls or choice.has_calls
        choice.finish_reason = seen.get("finish_reason") or choice.finish_reason
        if choice.has_calls and seen.get("finish_reason"):
            self._held.append({**chunk, "choices": [{**seen, "delta": {}}]})
            return {**seen, "delta": delta, "finish_reason": None} if _says_something(delta) else None
        if delta != seen["delta"] and not _says_something(delta) and not seen.get("finish_reason"):
            return None
        return {**seen, "delta": delta}

    def _as_event(self, chunk: Json, choices: list[Json]) -> bytes:
        usage = {"usage": self.total_usage} if isinstance(chunk.get("usage"), Mapping) else {}
        return sse_event({**chunk, **self._identity, "choices": choices, **usage}, named=False)

    def answer(self) -> Json:
        choices = [
            {"index": index, "message": choice.whole_message, "finish_reason": choice.finish_reason}
            for index, choice in sorted(self._choices.items())
        ]
        return {**self._last, "object": "chat.completion", "choices": choices, "usage": self.usage}

    def closing(self) -> bytes:
        return b"".join([*self._closing_chunks(), _DONE])

    def _closing_chunks(self) -> Iterator[bytes]:
        for chunk in self._held:
            choices = [{**choice, "finish_reason": self._true_reason(choice)} for choice in chunk["choices"]]
            yield self._as_event(chunk, choices)

    def _true_reason(self, choice: Json) -> Any:
        """Why it ended, without the calls that were taken out."""
        reason, passed = choice["finish_reason"], self._choices[choice.get("index", 0)].passed_calls
        return "stop" if reason == "tool_calls" and not passed else reason

    def error(self, status: int, payload: Mapping[str, Any]) -> bytes:
        return sse_event(payload, named=False)


@dataclass(slots=True)
class _Choice:
    """One choice of a round: its message so far, and which of its calls the client sees.

    `places` has, for each call whose name is known, its number among those that the client sees;
    None for ours. `later`: the client has seen the beginning of the message in an earlier round.
    """

    later: bool
    message: Json = field(default_factory=dict)
    calls: dict[Any, Json] = field(default_factory=dict)
    places: dict[Any, int | None] = field(default_factory=dict)
    finish_reason: Any = None

    @property
    def has_calls(self) -> bool:
        return None in self.places.values()

    @property
    def passed_calls(self) -> int:
        return sum(place is not None for place in self.places.values())

    @property
    def whole_message(self) -> Json:
        calls = [
            {name: value for name, value in call.items() if name != "index"} for call in self.calls.values()
        ]
        return {**self.message, "tool_calls": calls} if calls else self.message

    def relayed(self, delta: Json) -> Json:
        """The delta without what is ours, and without the beginnings of later rounds."""
        rest = {name: value for name, value in delta.items() if name != "tool_calls"}
        _merge(self.message, rest)
        if self.later:
            rest.pop("role", None)
        calls = delta.get("tool_calls")
        if not isinstance(calls, list):
            return rest if "tool_calls" not in delta else {**rest, "tool_calls": calls}
        passed = [seen for call in calls if isinstance(call, dict) and (seen := self._relayed_call(call))]
        return {**rest, "tool_calls": passed} if passed else rest

    def _relayed_call(self, call: Json) -> Json | None:
        """A piece of a call; all of the call so far where its name was not known before."""
        index = call.get("index", 0)
        whole = self.calls.setdefault(index, {})
        _merge(whole, call)
        if index in self.places:
            place = self.places[index]
            return None if place is None else {**call, "index": place}
        name = (whole.get("function") or whole.get("custom") or {}).get("name")
        if not name:
            return None
        self.places[index] = None if name == TOOL_NAME else self.passed_calls
        return None if name == TOOL_NAME else {**whole, "index": self.places[index]}


def _says_something(delta: Json) -> bool:
    return any(value not in (None, "", []) for value in delta.values())


def _merge(whole: Json, piece: Json) -> None:
    """Add a piece of a stream to what came before it."""
    for name, value in piece.items():
        before = whole.get(name)
        if isinstance(value, dict) and isinstance(before, dict):
            _merge(before, value)
        elif isinstance(value, dict):
            whole[name] = {}
            _merge(whole[name], value)
        elif isinstance(value, list) and isinstance(before, list):
            whole[name] = before + value
        elif isinstance(value, str) and isinstance(before, str):
            whole[name] = (value or before) if name in _WHOLE else before + value
        elif value is not None or name not in whole:
            whole[name] = value
