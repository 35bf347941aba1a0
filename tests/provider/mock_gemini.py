"""The mock provider's answers in the shape of Gemini's API. What comes is judged by google-genai's types."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from google.genai import types
from pydantic import ValidationError

from tests.provider.mock_dialects import Dialect, Json, Reply, ToolCall, dump
from tests.servers.local_server import Received

_FIELDS = {"contents", "systemInstruction", "tools", "toolConfig", "generationConfig"}
_STATUSES = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 429: "RESOURCE_EXHAUSTED"}
SIGNATURE = "c2lnbmVkIGJ5IGdlbWluaQ=="


def complaint(body: Any) -> str:
    """What is wrong with a request, in the words of google-genai's types; empty where nothing is."""
    if not isinstance(body, dict) or body.keys() - _FIELDS:
        return f"unknown fields: {sorted(body.keys() - _FIELDS)}"
    try:
        for content in [*body["contents"], body.get("systemInstruction", {"parts": []})]:
            types.Content.model_validate_json(json.dumps(content))
        for tool in body.get("tools", []):
            types.Tool.model_validate_json(json.dumps(tool))
        types.ToolConfig.model_validate_json(json.dumps(body.get("toolConfig", {})))
        types.GenerationConfig.model_validate_json(json.dumps(body.get("generationConfig", {})))
    except ValidationError as error:
        return str(error)
    return ""


class GeminiDialect(Dialect):
    """Thoughts are signed in the part that comes after them, as Gemini does it."""

    def streams(self, request: Received) -> bool:
        return ":streamGenerateContent" in request.path

    def complaint(self, body: Any) -> str:
        return complaint(body)

    def error(self, reply: Reply) -> Json:
        status = _STATUSES.get(reply.status, "UNAVAILABLE")
        return {"error": {"code": reply.status, "message": reply.message, "status": status}}

    def failure(self, reply: Reply) -> bytes:
        error = {"code": 503, "message": reply.message, "status": "UNAVAILABLE"}
        return b"data: %s\r\n\r\n" % dump({"error": error})

    def whole(self, body: Json, reply: Reply) -> Json:
        thought = [{"text": reply.thinking, "thought": True}] if reply.thinking else []
        parts = [*([{"text": reply.text}] if reply.text else []), *map(self.call, reply.tool_calls)]
        return self.piece(reply, [*thought, *self.signed(reply, parts)], last=True)

    def events(self, body: Json, reply: Reply) -> Iterator[bytes]:
        parts = [{"text": word} for word in reply.words] + [self.call(call) for call in reply.tool_calls]
        pieces = [[part] for part in self.signed(reply, parts)]
        if reply.thinking:
            pieces.insert(0, [{"text": reply.thinking, "thought": True}])
        for number, piece in enumerate(pieces):
            yield b"data: %s\r\n\r\n" % dump(self.piece(reply, piece, last=number + 1 == len(pieces)))

    def signed(self, reply: Reply, parts: list[Json]) -> list[Json]:
        return [{**parts[0], "thoughtSignature": SIGNATURE}, *parts[1:]] if reply.thinking else parts

    def call(self, call: ToolCall) -> Json:
        return {"functionCall": {"name": call.name, "args": json.loads(call.arguments)}}

    def piece(self, reply: Reply, parts: list[Json], *, last: bool) -> Json:
        candidate: Json = {"content": {"role": "model", "parts": parts}, "index": 0}
        if last:
            candidate["finishReason"] = reply.finish_reason or "STOP"
        prompt = 10 if reply.prompt_tokens is None else reply.prompt_tokens
        usage = {
            "promptTokenCount": prompt,
            "cachedContentTokenCount": reply.cached_tokens,
            "candidatesTokenCount": reply.completion_tokens - reply.reasoning_tokens,
            "thoughtsTokenCount": reply.reasoning_tokens,
            "totalTokenCount": prompt + reply.completion_tokens,
        }
        return {
            "candidates": [candidate],
            "usageMetadata": usage,
            "modelVersion": "gemini-mock",
            "responseId": f"resp-{self.number}",
        }
