"""Streams of Anthropic's messages, joined.

Later streams go on with the content blocks of the first one, without the start of a message. `message_start`
tells the input of the first request alone; the last `message_delta` has the usage of all.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from token_optimizer.models import Dialect
from token_optimizer.optimizer.reading_back.streams.base import Json, StreamJoiner
from token_optimizer.optimizer.reading_back.tool import is_call

# The field of a block to which a delta of a type adds, which is the delta's own field, too.
_TEXTS = {"text_delta": "text", "thinking_delta": "thinking", "signature_delta": "signature"}


class MessagesJoiner(StreamJoiner):
    """A block that is not understood is passed on; but an answer that has one is not gone on from."""

    dialect: ClassVar[Dialect] = "anthropic"

    def __init__(self) -> None:
        super().__init__()
        self._next_index = 0
        self._start_round()

    def _start_round(self) -> None:
        self._message: Json = {}
        self._blocks: dict[Any, Json] = {}
        self._inputs: dict[Any, str] = {}
        # The index of each block for the client; None for ours.
        self._indexes: dict[Any, int | None] = {}
        self._ending: Json = {}
        self._is_readable = True
        self._passed_calls = 0

    def passed(self, event: Json) -> Json | None:
        match event.get("type"):
            case "message_start":
                self._message = event.get("message") or {}
                self._note_usage(self._message.get("usage"))
                return None if self.round else event
            case "message_delta":
                self._ending = event
                self._note_usage(event.get("usage"))
                if self.has_calls:
                    return None
                return {**event, "usage": dict(self.total_usage)} if self.round else event
            case "message_stop":
                return None if self.has_calls else event
            case "content_block_start":
                self._start_block(event)
            case "content_block_delta":
                self._add_delta(event.get("index"), event.get("delta") or {})
        return self._with_index(event) if "index" in event else event

    def _note_usage(self, usage: Any) -> None:
        """What comes later in a stream replaces what came before."""
        if isinstance(usage, Mapping):
            self.usage = {**self.usage, **{name: value for name, value in usage.items() if value is not None}}

    def _start_block(self, event: Json) -> None:
        index, block = event.get("index"), dict(event.get("content_block") or {})
        self._blocks[index] = block
        if is_call(block, self.dialect):
            self.has_calls = True
            self._indexes[index] = None
            return
        self._passed_calls += block.get("type") == "tool_use"
        self._indexes[index] = self._next_index
        self._next_index += 1

    def _add_delta(self, index: Any, delta: Json) -> None:
        block, kind = self._blocks.setdefault(index, {}), delta.get("type")
        if isinstance(kind, str) and kind in _TEXTS:
            name = _TEXTS[kind]
            block[name] = (block.get(name) or "") + (delta.get(name) or "")
        elif kind == "input_json_delta":
            self._inputs[index] = self._inputs.get(index, "") + (delta.get("partial_json") or "")
        elif kind == "citations_delta":
            block["citations"] = [*(block.get("citations") or []), delta.get("citation")]
        else:
            self._is_readable = False

    def _with_index(self, event: Json) -> Json | None:
        index = self._indexes.get(event["index"], event["index"])
        if index is None:
            return None
        return event if index == event["index"] else {**event, "index": index}

    def answer(self) -> Json:
        content = [self._whole(index, block) for index, block in self._blocks.items()]
        ending = dict(self._ending.get("delta") or {})
        if not self._is_readable:
            ending["stop_reason"] = None
        return {**self._message, **ending, "content": content, "usage": dict(self.usage)}

    def _whole(self, index: Any, block: Json) -> Json:
        text = self._inputs.get(index)
        if not text:
            return block
        try:
            return {**block, "input": json.loads(text)}
        except ValueError:
            # Cut off in its middle, which only the last block of an answer can be.
            return block

    def closing(self) -> list[Json]:
        delta = dict(self._ending.get("delta") or {})
        if delta.get("stop_reason") == "tool_use" and not self._passed_calls:
            delta["stop_reason"] = "end_turn"
        usage = dict(self.total_usage)
        ending = {"type": "message_delta", **self._ending, "delta": delta, "usage": usage}
        return [ending, {"type": "message_stop"}]
