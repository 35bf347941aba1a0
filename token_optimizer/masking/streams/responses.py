"""Streams of OpenAI's Responses API: texts in deltas, then whole, then once more in the closing event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from token_optimizer.masking.bodies import restored_payload
from token_optimizer.masking.streams.base import StreamRestorer

# The texts that come in deltas, and whether they are JSON.
_TEXTS = {
    "response.output_text": False,
    "response.refusal": False,
    "response.function_call_arguments": True,
    "response.mcp_call_arguments": True,
    "response.custom_tool_call_input": False,
    "response.code_interpreter_call_code": False,
}
_REASONING = "response.reasoning"


class ResponsesRestorer(StreamRestorer):
    """What was held back comes with a delta of its own, before its text is closed; events count on."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._last: dict[Any, Mapping[str, Any]] = {}
        self._added = 0
        self._number = -1

    @property
    def reads_all(self) -> bool:
        return super().reads_all or self._added > 0

    def passed(self, payload: Mapping[str, Any]) -> list[dict[str, Any]]:
        kind = str(payload.get("type"))
        family, _, step = kind.rpartition(".")
        if kind.startswith(_REASONING):
            return [self._numbered(payload)]
        if family in _TEXTS and step == "delta" and isinstance(payload.get("delta"), str):
            return [self._numbered(self._delta(payload, family))]
        ended = self._rest(self._channel(payload, family)) if step == "done" else []
        return [*ended, self._numbered(restored_payload(payload, self.originals))]

    def closing(self) -> list[dict[str, Any]]:
        return [event for channel in list(self._held) for event in self._rest(channel)]

    def _channel(self, payload: Mapping[str, Any], family: str) -> Any:
        return (family, *(payload.get(name) for name in ("output_index", "item_id", "content_index")))

    def _delta(self, payload: Mapping[str, Any], family: str) -> dict[str, Any]:
        channel = self._channel(payload, family)
        self._last[channel] = payload
        return {**payload, "delta": self.piece(channel, payload["delta"], is_json=_TEXTS[family])}

    def _rest(self, channel: Any) -> list[dict[str, Any]]:
        text = self.rest(channel)
        if not text:
            return []
        self._added += 1
        self._number += 1
        event = {**self._last[channel], "delta": text}
        return [{**event, "sequence_number": self._number} if "sequence_number" in event else event]

    def _numbered(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The event behind those that were added."""
        number = payload.get("sequence_number")
        if not isinstance(number, int):
            return dict(payload)
        self._number = number + self._added
        return {**payload, "sequence_number": self._number}
