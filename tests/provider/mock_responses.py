"""The answers of the mock provider in the shape of OpenAI's Responses API."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

from tests.provider.mock_dialects import ERROR_TYPES, Dialect, Json, Reply, dump
from token_optimizer.tokens.counts import count_body

# Of requests whose stored prompt holds the model.
MODEL = "gpt-4o"


class ResponsesDialect(Dialect):
    """`Reply.ending` says how its streams and answers close."""

    name = "responses"

    def error(self, reply: Reply) -> Json:
        kind = ERROR_TYPES.get(reply.status, "server_error")
        return {"error": {"message": reply.message, "type": kind, "param": None, "code": None}}

    def whole(self, body: Json, reply: Reply) -> Json:
        return {
            **self.base(body),
            "status": reply.ending,
            "output": self.output(reply),
            "usage": self.usage(body, reply),
        }

    def events(self, body: Json, reply: Reply) -> Iterator[bytes]:
        numbers = count()

        def event(kind: str, **fields: Any) -> bytes:
            payload = {"type": kind, "sequence_number": next(numbers), **fields}
            return b"event: %s\ndata: %s\n\n" % (kind.encode(), dump(payload))

        yield event("response.created", response=self.base(body))
        for place, item in enumerate(self.output(reply)):
            yield event("response.output_item.added", output_index=place, item=opened(item))
            where = {"output_index": place, "item_id": item["id"]}
            if item["type"] == "message":
                part = {**where, "content_index": 0}
                empty = {**item["content"][0], "text": ""}
                yield event("response.content_part.added", **part, part=empty)
                for word in reply.words:
                    yield event("response.output_text.delta", **part, delta=word, logprobs=[])
                yield event("response.output_text.done", **part, text=reply.text, logprobs=[])
                yield event("response.content_part.done", **part, part=item["content"][0])
            elif item["type"] == "function_call":
                arguments = item["arguments"]
                for piece in reply.pieces(arguments):
                    yield event("response.function_call_arguments.delta", **where, delta=piece)
                name = item["name"]
                yield event("response.function_call_arguments.done", **where, name=name, arguments=arguments)
            yield event("response.output_item.done", output_index=place, item=item)
        yield event(f"response.{reply.ending}", response=self.whole(body, reply))

    def base(self, body: Json) -> Json:
        return {
            "id": f"resp_{self.number}",
            "object": "response",
            "created_at": 1_760_000_000,
            "status": "in_progress",
            "model": body.get("model", MODEL),
            "output": [],
            "parallel_tool_calls": True,
            "tool_choice": "auto",
            "tools": [],
            "usage": None,
        }

    def output(self, reply: Reply) -> list[Json]:
        part = {"type": "output_text", "text": reply.text, "annotations": [], "logprobs": []}
        message = {
            "id": f"msg_{self.number}",
            "type": "message",
            "role": "assistant",
            "status": "completed",
            "content": [part],
        }
        calls = [
            {
                "id": f"fc_{self.number}_{place}",
                "type": "function_call",
                "call_id": f"call_{self.number}_{place}",
                "name": call.name,
                "arguments": call.arguments,
                "status": "completed",
            }
            for place, call in enumerate(reply.tool_calls)
        ]
        reasoning = {
            "id": f"rs_{self.number}",
            "type": "reasoning",
            "summary": [],
            "encrypted_content": f"gAAA+/{reply.thinking}==",
        }
        return [*[reasoning] * bool(reply.thinking), *[message] * bool(reply.text), *calls]

    def usage(self, body: Json, reply: Reply) -> Json:
        prompt = reply.prompt_tokens
        prompt = count_body(body, "responses", body.get("model", MODEL)) if prompt is None else prompt
        return {
            "input_tokens": prompt,
            "input_tokens_details": {
                "cached_tokens": reply.cached_tokens,
                "cache_write_tokens": reply.cache_write_tokens,
            },
            "output_tokens": reply.completion_tokens,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": prompt + reply.completion_tokens,
        }


def opened(item: Json) -> Json:
    """The item as a stream announces it."""
    if item["type"] == "message":
        return {**item, "status": "in_progress", "content": []}
    return {**item, "status": "in_progress", "arguments": ""} if item["type"] == "function_call" else item
