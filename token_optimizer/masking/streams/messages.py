"""Streams of Anthropic's messages: each content block has its text, or its input as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from token_optimizer.masking.bodies import restored_payload
from token_optimizer.masking.streams.base import StreamRestorer

# The texts of deltas, and whether they are JSON. Reasoning is signed, and stays as it came.
_TEXTS = {"text_delta": ("text", False), "input_json_delta": ("partial_json", True)}
_UNTOUCHED = frozenset({"thinking_delta", "signature_delta", "compaction_delta"})


class MessagesRestorer(StreamRestorer):
    """What was held back comes with a delta of its own, before its block is closed."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._types: dict[Any, str] = {}

    def passed(self, payload: Mapping[str, Any]) -> list[dict[str, Any]]:
        match payload.get("type"):
            case "content_block_delta":
                return [self._delta(payload)]
            case "content_block_stop":
                return [*self._rest(payload.get("index")), dict(payload)]
            case "message_stop":
                return [*self.closing(), dict(payload)]
        return [restored_payload(payload, self.originals)]

    def closing(self) -> list[dict[str, Any]]:
        return [event for index in list(self._held) for event in self._rest(index)]

    def _delta(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        delta, index = payload.get("delta"), payload.get("index")
        kind = delta.get("type") if isinstance(delta, dict) else None
        if not isinstance(delta, dict) or kind in _UNTOUCHED:
            return dict(payload)
        if kind not in _TEXTS:
            return restored_payload(payload, self.originals)
        name, is_json = _TEXTS[kind]
        if not isinstance(delta.get(name), str):
            return dict(payload)
        self._types[index] = kind
        return {**payload, "delta": {**delta, name: self.piece(index, delta[name], is_json=is_json)}}

    def _rest(self, index: Any) -> list[dict[str, Any]]:
        text = self.rest(index)
        if not text:
            return []
        kind = self._types[index]
        delta = {"type": kind, _TEXTS[kind][0]: text}
        return [{"type": "content_block_delta", "index": index, "delta": delta}]
