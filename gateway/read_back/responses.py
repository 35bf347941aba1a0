"""Streams of OpenAI's Responses API, joined."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.dialects.sse import parsed_event, sse_event
from gateway.read_back.joiner import StreamJoiner
from token_optimizer.optimizer.reading_back.tool import is_call

Json = dict[str, Any]
_OPENING = frozenset({"response.created", "response.queued", "response.in_progress"})
_CLOSING = frozenset({"response.completed", "response.incomplete", "response.failed"})


class ResponsesJoiner(StreamJoiner):
    """Items and events are counted on from round to round, and the response keeps the id of the first."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._identity: Json = {}
        self._passed_items: list[Json] = []
        self._next_index = 0
        self._next_number = 0
        self.start_round()

    def start_round(self) -> None:
        self._indexes: dict[Any, int | None] = {}
        self._items: list[Json] = []
        self._last: Json = {}

    def relayed(self, event: bytes) -> bytes:
        payload = parsed_event(event)
        kind = payload.get("type")
        if kind in _OPENING:
            self._note_identity(payload)
            return b"" if self.round else self._counted(event, payload)
        if kind in _CLOSING:
            return self._relayed_closing(event, payload)
        if kind == "response.output_item.added":
            self._start_item(payload)
        if "output_index" not in payload:
            return self._counted(event, payload) if payload else event
        index = self._indexes.get(payload["output_index"], payload["output_index"])
        if kind == "response.output_item.done":
            self._note_item(payload.get("item") or {}, passed=index is not None)
        return b"" if index is None else self._counted(event, payload, output_index=index)

    def _note_identity(self, payload: Json) -> None:
        response = payload.get("response") or {}
        self._identity = self._identity or {
            name: response[name] for name in ("id", "created_at") if name in response
        }

    def _start_item(self, payload: Json) -> None:
        item = payload.get("item") or {}
        if is_call(item, "responses"):
            self.has_calls = True
            self._indexes[payload.get("output_index")] = None
            return
        self._indexes[payload.get("output_index")] = self._next_index
        self._next_index += 1

    def _note_item(self, item: Json, *, passed: bool) -> None:
        self._items.append(item)
        if passed:
            self._passed_items.append(item)

    def _relayed_closing(self, event: bytes, payload: Json) -> bytes:
        self._last = payload
        if self.has_calls:
            return b""
        return self.closing() if self.round else self._counted(event, payload)

    def _counted(self, event: bytes, payload: Json, **changes: Any) -> bytes:
        """The event with its number among those that the client sees."""
        number = self._next_number
        self._next_number += 1
        if "sequence_number" in payload:
            changes["sequence_number"] = number
        if all(payload.get(name) == value for name, value in changes.items()):
            return event
        return sse_event({**payload, **changes}, named=True)

    def answer(self) -> Json:
        response = self._last.get("response") or {}
        # Some servers close with a response that does not repeat its items.
        return {**response, "output": response.get("output") or self._items}

    def closing(self) -> bytes:
        response = {
            **(self._last.get("response") or {}),
            **self._identity,
            "output": self._passed_items,
            "usage": self.total_usage or None,
        }
        return self._counted(b"", self._last, response=response)

    def error(self, status: int, payload: Mapping[str, Any]) -> bytes:
        error = payload.get("error")
        said = error if isinstance(error, Mapping) else {}
        told = {name: said.get(name) for name in ("code", "message", "param")}
        # OpenAI documents the fields beside the type, and SDKs look for the object.
        return self._counted(b"", {"type": "error", "sequence_number": None, **told, "error": error})
