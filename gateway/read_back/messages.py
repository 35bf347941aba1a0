"""Streams of Anthropic's messages, joined."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from gateway.dialects.sse import parsed_event, sse_event
from gateway.read_back.joiner import StreamJoiner
from token_optimizer.optimizer.reading_back.tool import NAME as TOOL_NAME

Json = dict[str, Any]
# The field of a block to which a delta of a type adds, and the field of the delta that holds it.
_TEXTS = {
    "text_delta": ("text", "text"),
    "thinking_delta": ("thinking", "thinking"),
    "signature_delta": ("signature", "signature"),
    "compaction_delta": ("content", "content"),
}


class MessagesJoiner(StreamJoiner):
    """Later rounds go on with the content blocks of the first, without the start of a message.

    `message_start` tells the input of the first round alone; the last `message_delta` has the whole usage.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._next_index = 0
        self.start_round()

    def start_round(self) -> None:
        self._message: Json = {}
        self._blocks: dict[Any, Json] = {}
        self._inputs: dict[Any, str] = {}
        # The index of each block for the client; None for ours.
        self._indexes: dict[Any, int | None] = {}
        self._ending: Json = {}
        self._readable = True
        self._passed_calls = 0

    def relayed(self, event: bytes) -> bytes:
        payload = parsed_event(event)
        kind = payload.get("type")
        if kind == "message_start":
            self._message = payload.get("message") or {}
            return b"" if self.round else event
        if kind == "message_delta":
            return self._relayed_ending(event, payload)
        if kind == "message_stop":
            return b"" if self.has_calls else event
        if kind == "content_block_start":
            self._start_block(payload)
        elif kind == "content_block_delta":
            self._add_delta(payload.get("index"), payload.get("delta") or {})
        return self._with_index(event, payload) if "index" in payload else event

    def _start_block(self, payload: Json) -> None:
        index, block = payload.get("index"), dict(payload.get("content_block") or {})
        self._blocks[index] = block
        if block.get("type") == "tool_use" and block.get("name") == TOOL_NAME:
            self.has_calls = True
            self._indexes[index] = None
            return
        self._passed_calls += block.get("type") == "tool_use"
        self._indexes[index] = self._next_index
        self._next_index += 1

    def _add_delta(self, index: Any, delta: Json) -> None:
        block, kind = self._blocks.setdefault(index, {}), delta.get("type")
        if kind in _TEXTS:
            name, source = _TEXTS[kind]
            block[name] = (block.get(name) or "") + (delta.get(source) or "")
        elif kind == "input_json_delta":
            self._inputs[index] = self._inputs.get(index, "") + (delta.get("partial_json") or "")
        elif kind == "citations_delta":
            block["citations"] = [*(block.get("citations") or []), delta.get("citation")]
        else:
            # What is not known cannot be sent back as it was.
            self._readable = False

    def _with_index(self, event: bytes, payload: Json) -> bytes:
        index = self._indexes.get(payload["index"], payload["index"])
        if index is None:
            return b""
        return event if index == payload["index"] else sse_event({**payload, "index": index}, named=True)

    def _relayed_ending(self, event: bytes, payload: Json) -> bytes:
        self._ending = payload
        if self.has_calls:
            return b""
        return sse_event({**payload, "usage": self.total_usage}, named=True) if self.round else event

    def answer(self) -> Json:
        content = [self._whole(index, block) for index, block in self._blocks.items()]
        ending = self._ending.get("delta") or {}
        # An answer of which something could not be read has not ended in a way that it can go on from.
        reason = {} if self._readable else {"stop_reason": "unreadable"}
        return {**self._message, **ending, **reason, "content": content, "usage": self.usage}

    def _whole(self, index: Any, block: Json) -> Json:
        text = self._inputs.get(index)
        if not text:
            return block
        try:
            return {**block, "input": orjson.loads(text)}
        except orjson.JSONDecodeError:
            # Cut off in its middle, which only the last block of an answer can be.
            return block

    def closing(self) -> bytes:
        delta = dict(self._ending.get("delta") or {})
        if delta.get("stop_reason") == "tool_use" and not self._passed_calls:
            delta["stop_reason"] = "end_turn"
        ending = {"type": "message_delta", **self._ending, "delta": delta, "usage": self.total_usage}
        return sse_event(ending, named=True) + sse_event({"type": "message_stop"}, named=True)

    def error(self, status: int, payload: Mapping[str, Any]) -> bytes:
        return sse_event({"type": "error", **payload}, named=True)
