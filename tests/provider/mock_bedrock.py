"""The mock provider's answers in the shape of Bedrock's Converse. botocore's model judges what comes."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator
from functools import cache
from typing import Any

import botocore.session
from botocore.model import OperationModel
from botocore.validate import ParamValidator

from tests.provider.mock_dialects import Dialect, Json, Reply, ToolCall, dump
from tests.servers.local_server import Received


@cache
def _operation() -> OperationModel:
    return botocore.session.get_session().get_service_model("bedrock-runtime").operation_model("Converse")


def complaint(body: Any) -> str:
    """What is wrong with a request, in the words of botocore's model; empty where nothing is."""
    found = ParamValidator().validate({"modelId": "mock", **body}, _operation().input_shape)
    return str(found.generate_report())


def encoded(kind: str, payload: Json, *, message_type: str = "event") -> bytes:
    """An event as Amazon frames it: lengths, headers, payload, and the sums of both."""
    name = ":event-type" if message_type == "event" else ":exception-type"
    named = {":message-type": message_type, name: kind, ":content-type": "application/json"}
    headers = b"".join(
        struct.pack("!B", len(key)) + key.encode() + struct.pack("!BH", 7, len(value)) + value.encode()
        for key, value in named.items()
    )
    data = dump(payload)
    prelude = struct.pack("!II", len(headers) + len(data) + 16, len(headers))
    message = prelude + struct.pack("!I", zlib.crc32(prelude)) + headers + data
    return message + struct.pack("!I", zlib.crc32(message))


class BedrockDialect(Dialect):
    """A model of Anthropic's, as Bedrock has it."""

    stream_type = "application/vnd.amazon.eventstream"

    def streams(self, request: Received) -> bool:
        return request.path.endswith("/converse-stream")

    def complaint(self, body: Any) -> str:
        return complaint(body)

    def error(self, reply: Reply) -> Json:
        return {"message": reply.message}

    def failure(self, reply: Reply) -> bytes:
        return encoded("throttlingException", {"message": reply.message}, message_type="exception")

    def whole(self, body: Json, reply: Reply) -> Json:
        thinking = {"reasoningContent": {"reasoningText": self.thinking(reply)}}
        content = [
            *([thinking] if reply.thinking else []),
            *([{"text": reply.text}] if reply.text else []),
            *({"toolUse": self.call(place, call)} for place, call in enumerate(reply.tool_calls)),
        ]
        answer = {
            "output": {"message": {"role": "assistant", "content": content}},
            "stopReason": self.stop_reason(reply),
            **self.metadata(reply),
        }
        wrong = ParamValidator().validate(answer, _operation().output_shape).generate_report()
        assert not wrong, wrong
        return answer

    def events(self, body: Json, reply: Reply) -> Iterator[bytes]:
        blocks: list[tuple[Json | None, list[Json]]] = []
        if reply.thinking:
            blocks.append(
                (None, [{"reasoningContent": {key: text}} for key, text in self.thinking(reply).items()])
            )
        if reply.text:
            blocks.append((None, [{"text": word} for word in reply.words]))
        for place, call in enumerate(reply.tool_calls):
            made = self.call(place, call)
            start = {"toolUse": {"toolUseId": made["toolUseId"], "name": call.name}}
            blocks.append((start, [{"toolUse": {"input": call.arguments}}]))
        yield encoded("messageStart", {"role": "assistant"})
        for index, (start, deltas) in enumerate(blocks):
            if start:
                yield encoded("contentBlockStart", {"start": start, "contentBlockIndex": index})
            for delta in deltas:
                yield encoded("contentBlockDelta", {"delta": delta, "contentBlockIndex": index})
            yield encoded("contentBlockStop", {"contentBlockIndex": index})
        yield encoded("messageStop", {"stopReason": self.stop_reason(reply)})
        yield encoded("metadata", self.metadata(reply))

    def thinking(self, reply: Reply) -> Json:
        return {"text": reply.thinking, "signature": f"EqQB+/{self.number}=="}

    def call(self, place: int, call: ToolCall) -> Json:
        identity = f"tooluse_{self.number}_{place}"
        return {"toolUseId": identity, "name": call.name, "input": json.loads(call.arguments)}

    def stop_reason(self, reply: Reply) -> str:
        return reply.finish_reason or ("tool_use" if reply.tool_calls else "end_turn")

    def metadata(self, reply: Reply) -> Json:
        prompt = 10 if reply.prompt_tokens is None else reply.prompt_tokens
        usage = {
            "inputTokens": prompt - reply.cached_tokens - reply.cache_write_tokens,
            "outputTokens": reply.completion_tokens,
            "totalTokens": prompt + reply.completion_tokens,
            "cacheReadInputTokens": reply.cached_tokens,
            "cacheWriteInputTokens": reply.cache_write_tokens,
        }
        return {"usage": usage, "metrics": {"latencyMs": 12}}
