"""Streams of OpenAI's Responses API, joined.

Items and events are counted on from stream to stream, and the response keeps the id of the first one.
"""

from __future__ import annotations

from typing import Any, ClassVar

from token_optimizer.models import Dialect
from token_optimizer.optimizer.reading_back.streams.base import Json, StreamJoiner
from token_optimizer.optimizer.reading_back.tool import is_call

_OPENING = frozenset({"response.created", "response.queued", "response.in_progress"})
_CLOSING = frozenset({"response.completed", "response.incomplete", "response.failed"})


class ResponsesJoiner(StreamJoiner):
    """The closing event has the items of all streams that the client sees."""

    dialect: ClassVar[Dialect] = "responses"

    def __init__(self) -> None:
        super().__init__()
        self._identity: Json = {}
        self._passed_items: list[Json] = []
        self._next_index = 0
        self._next_number = 0
        self._start_round()

    def _start_round(self) -> None:
        # The index of each item for the client; None for ours.
        self._indexes: dict[Any, int | None] = {}
        self._items: list[Json] = []
        self._last: Json = {}

    def passed(self, event: Json) -> Json | None:
        kind = event.get("type")
        if kind in _OPENING:
            self._note_identity(event.get("response") or {})
            return None if self.round else self._counted(event)
        if kind in _CLOSING:
            return self._passed_closing(event)
        if kind == "response.output_item.added":
            self._start_item(event)
        if "output_index" not in event:
            return self._counted(event)
        index = self._indexes.get(event["output_index"], event["output_index"])
        if kind == "response.output_item.done":
            self._note_item(event.get("item") or {}, is_passed=index is not None)
        return None if index is None else self._counted(event, output_index=index)

    def _note_identity(self, response: Json) -> None:
        known: Json = {name: response[name] for name in ("id", "created_at") if name in response}
        self._identity = self._identity or known

    def _start_item(self, event: Json) -> None:
        if is_call(event.get("item"), self.dialect):
            self.has_calls = True
            self._indexes[event.get("output_index")] = None
            return
        self._indexes[event.get("output_index")] = self._next_index
        self._next_index += 1

    def _note_item(self, item: Json, *, is_passed: bool) -> None:
        self._items.append(item)
        if is_passed:
            self._passed_items.append(item)

    def _passed_closing(self, event: Json) -> Json | None:
        self._last = event
        self.usage = (event.get("response") or {}).get("usage") or {}
        if self.has_calls:
            return None
        return self.closing()[0] if self.round else self._counted(event)

    def _counted(self, event: Json, **changes: Any) -> Json:
        """The event with its number among those that the client sees."""
        number = self._next_number
        self._next_number += 1
        if "sequence_number" in event:
            changes["sequence_number"] = number
        if all(event.get(name) == value for name, value in changes.items()):
            return event
        return {**event, **changes}

    def answer(self) -> Json:
        response = self._last.get("response") or {}
        # Some servers close with a response that does not repeat its items.
        return {**response, "output": response.get("output") or self._items}

    def closing(self) -> list[Json]:
        response = {
            **(self._last.get("response") or {}),
            **self._identity,
            "output": list(self._passed_items),
            "usage": dict(self.total_usage) or None,
        }
        return [self._counted(self._last, response=response)]
