"""The answers of the mock provider in each dialect's shape, as JSON and as SSE."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, ClassVar, Literal

from tests.servers.local_server import Received
from token_optimizer import models
from token_optimizer.tokens.counts import count_body

Json = dict[str, Any]
# How a marker ends that shows its handle.
_HANDLE = re.compile(rb" #([0-9]{6})\]")

ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    404: "not_found_error",
    429: "rate_limit_error",
    529: "overloaded_error",
}


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call that the mock model makes; `arguments` is the JSON text a provider sends. `HANDLE` in them
    stands for that of the first marker in the prompt."""

    name: str
    arguments: str = "{}"


@dataclass(frozen=True, slots=True)
class Reply:
    """How one request is answered.

    `cut_after` hangs up after so many SSE events (in a JSON answer: after so many bytes).
    `hold_after` waits for `release` once so many SSE events are out; `release` alone holds the whole answer.
    `prompt_tokens` None means counted from what came. `raw_body` replaces the answer's body.
    `ending` is how an answer of the Responses API closes. `thinking` comes before the text, signed or
    encrypted where the dialect has it so. `finish_reason` replaces the one that follows from the answer.
    `fails_after` reports an error, with `message`, after so many events of a stream.
    A stream sends the text word by word, and arguments whole; with `piece_chars` both by so many characters.
    """

    text: str = "The answer of the mock provider is four."
    tool_calls: tuple[ToolCall, ...] = ()
    status: int = 200
    message: str = "scripted by the test"
    retry_after: str | None = None
    delay_seconds: float = 0
    cut_after: int | None = None
    release: threading.Event | None = None
    hold_after: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    cache_write_1h_tokens: int = 0
    prompt_tokens: int | None = None
    raw_body: bytes | None = None
    ending: Literal["completed", "incomplete", "failed"] = "completed"
    thinking: str = ""
    finish_reason: str = ""
    reasoning_tokens: int = 0
    fails_after: int | None = None
    piece_chars: int = 0

    def to(self, prompt: bytes) -> Reply:
        """The reply to a prompt, which knows the handles in it."""
        found = _HANDLE.search(prompt)
        handle = found[1].decode() if found else "000000"
        known = [call.arguments.replace("HANDLE", handle) for call in self.tool_calls]
        calls = [replace(call, arguments=text) for call, text in zip(self.tool_calls, known, strict=True)]
        return replace(self, tool_calls=tuple(calls))

    @property
    def words(self) -> list[str]:
        """The text in the pieces that a stream sends."""
        if self.piece_chars:
            return self.pieces(self.text)
        pieces = [piece + " " for piece in self.text.split(" ")[:-1]] + self.text.split(" ")[-1:]
        return pieces if self.text else []

    def pieces(self, text: str) -> list[str]:
        """A text in the pieces that a stream sends, whatever the words in it."""
        size = self.piece_chars or max(len(text), 1)
        return [text[at : at + size] for at in range(0, len(text), size)]

    @property
    def completion_tokens(self) -> int:
        return len(self.words) + 10 * len(self.tool_calls)


@dataclass(frozen=True, slots=True)
class Dialect:
    """The answers to one request in one provider's shape."""

    number: int
    name: ClassVar[models.Dialect]
    stream_type: ClassVar[str] = "text/event-stream; charset=utf-8"

    @property
    def headers(self) -> dict[str, str]:
        return {"x-request-id": f"req_{self.number}", "request-id": f"req_{self.number}"}

    def error(self, reply: Reply) -> Json:
        raise NotImplementedError

    def whole(self, body: Json, reply: Reply) -> Json:
        raise NotImplementedError

    def events(self, body: Json, reply: Reply) -> Iterator[bytes]:
        raise NotImplementedError

    def streams(self, request: Received) -> bool:
        """Whether the answer is to be a stream."""
        return bool(request.json.get("stream"))

    def complaint(self, body: Any) -> str:
        """What the provider refuses a body for; empty where it takes it."""
        return ""

    def failure(self, reply: Reply) -> bytes:
        """The event of a stream that reports an error."""
        return b"data: %s\n\n" % dump(self.error(reply))


class OpenAIDialect(Dialect):
    name = "openai"

    def error(self, reply: Reply) -> Json:
        kind = ERROR_TYPES.get(reply.status, "server_error")
        return {"error": {"message": reply.message, "type": kind, "param": None, "code": None}}

    def whole(self, body: Json, reply: Reply) -> Json:
        message: Json = {"role": "assistant", "content": reply.text or None, "refusal": None}
        if reply.thinking:
            message["reasoning_content"] = reply.thinking
        if reply.tool_calls:
            message["tool_calls"] = [self.call(place, call) for place, call in enumerate(reply.tool_calls)]
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": self.finish(reply)}
        return {**self.base(body, "chat.completion"), "choices": [choice], "usage": self.usage(body, reply)}

    def events(self, body: Json, reply: Reply) -> Iterator[bytes]:
        wanted = (body.get("stream_options") or {}).get("include_usage", False)
        base = self.base(body, "chat.completion.chunk") | ({"usage": None} if wanted else {})
        yield self.chunk(base, {"role": "assistant", "content": ""})
        if reply.thinking:
            yield self.chunk(base, {"reasoning_content": reply.thinking})
        for word in reply.words:
            yield self.chunk(base, {"content": word})
        for place, call in enumerate(reply.tool_calls):
            whole = self.call(place, call)
            opening = {**whole, "index": place, "function": {"name": call.name, "arguments": ""}}
            yield self.chunk(base, {"tool_calls": [opening]})
            for piece in reply.pieces(call.arguments):
                yield self.chunk(base, {"tool_calls": [{"index": place, "function": {"arguments": piece}}]})
        yield self.chunk(base, {}, self.finish(reply))
        if wanted:
            yield b"data: %s\n\n" % dump({**base, "choices": [], "usage": self.usage(body, reply)})
        yield b"data: [DONE]\n\n"

    def base(self, body: Json, kind: str) -> Json:
        return {
            "id": f"chatcmpl-{self.number}",
            "object": kind,
            "created": 1_760_000_000,
            "model": body["model"],
        }

    def call(self, place: int, call: ToolCall) -> Json:
        function = {"name": call.name, "arguments": call.arguments}
        return {"id": f"call_{self.number}_{place}", "type": "function", "function": function}

    def chunk(self, base: Json, delta: Json, finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return b"data: %s\n\n" % dump({**base, "choices": [choice]})

    def finish(self, reply: Reply) -> str:
        return reply.finish_reason or ("tool_calls" if reply.tool_calls else "stop")

    def usage(self, body: Json, reply: Reply) -> Json:
        prompt = prompt_tokens(body, "openai") if reply.prompt_tokens is None else reply.prompt_tokens
        sent = {"cached_tokens": reply.cached_tokens, "cache_write_tokens": reply.cache_write_tokens}
        thought = {"reasoning_tokens": reply.reasoning_tokens}
        made = {"completion_tokens_details": thought} if reply.reasoning_tokens else {}
        return {
            "prompt_tokens": prompt,
            "completion_tokens": reply.completion_tokens,
            "total_tokens": prompt + reply.completion_tokens,
            "prompt_tokens_details": sent,
            **made,
        }


class AnthropicDialect(Dialect):
    name = "anthropic"

    def error(self, reply: Reply) -> Json:
        kind = ERROR_TYPES.get(reply.status, "api_error")
        return {"type": "error", "error": {"type": kind, "message": reply.message}}

    def whole(self, body: Json, reply: Reply) -> Json:
        content: list[Json] = [self.thinking(reply)] if reply.thinking else []
        content += [{"type": "text", "text": reply.text}] if reply.text else []
        content += [self.call(place, call) for place, call in enumerate(reply.tool_calls)]
        usage = {**self.usage(body, reply), **self.output(reply)}
        return {**self.base(body), "content": content, "stop_reason": self.stop_reason(reply), "usage": usage}

    def events(self, body: Json, reply: Reply) -> Iterator[bytes]:
        usage = {**self.usage(body, reply), "output_tokens": 1}
        yield sse(
            "message_start", message={**self.base(body), "content": [], "stop_reason": None, "usage": usage}
        )
        yield sse("ping")
        numbers = count()
        if reply.thinking:
            whole = self.thinking(reply)
            deltas = [
                {"type": "thinking_delta", "thinking": reply.thinking},
                {"type": "signature_delta", "signature": whole["signature"]},
            ]
            yield from self.block(next(numbers), {**whole, "thinking": "", "signature": ""}, deltas)
        if reply.text:
            deltas = [{"type": "text_delta", "text": word} for word in reply.words]
            yield from self.block(next(numbers), {"type": "text", "text": ""}, deltas)
        for place, call in enumerate(reply.tool_calls):
            deltas = [
                {"type": "input_json_delta", "partial_json": piece} for piece in reply.pieces(call.arguments)
            ]
            yield from self.block(next(numbers), {**self.call(place, call), "input": {}}, deltas)
        ending = {"stop_reason": self.stop_reason(reply), "stop_sequence": None}
        yield sse("message_delta", delta=ending, usage=self.output(reply))
        yield sse("message_stop")

    def failure(self, reply: Reply) -> bytes:
        return b"event: error\ndata: %s\n\n" % dump(self.error(replace(reply, status=529)))

    def block(self, index: int, opening: Json, deltas: list[Json]) -> Iterator[bytes]:
        yield sse("content_block_start", index=index, content_block=opening)
        for delta in deltas:
            yield sse("content_block_delta", index=index, delta=delta)
        yield sse("content_block_stop", index=index)

    def thinking(self, reply: Reply) -> Json:
        signature = f"EqQB+/{self.number}=="
        return {"type": "thinking", "thinking": reply.thinking, "signature": signature}

    def base(self, body: Json) -> Json:
        shape: Json = {"type": "message", "role": "assistant", "model": body["model"], "stop_sequence": None}
        return {"id": f"msg_{self.number}", **shape}

    def call(self, place: int, call: ToolCall) -> Json:
        identity = f"toolu_{self.number}_{place}"
        return {"type": "tool_use", "id": identity, "name": call.name, "input": json.loads(call.arguments)}

    def output(self, reply: Reply) -> Json:
        thought = {"thinking_tokens": reply.reasoning_tokens}
        details = {"output_tokens_details": thought} if reply.reasoning_tokens else {}
        return {"output_tokens": reply.completion_tokens, **details}

    def stop_reason(self, reply: Reply) -> str:
        return reply.finish_reason or ("tool_use" if reply.tool_calls else "end_turn")

    def usage(self, body: Json, reply: Reply) -> Json:
        prompt = prompt_tokens(body, "anthropic") if reply.prompt_tokens is None else reply.prompt_tokens
        return {
            "input_tokens": prompt - reply.cached_tokens - reply.cache_write_tokens,
            "cache_read_input_tokens": reply.cached_tokens,
            "cache_creation_input_tokens": reply.cache_write_tokens,
            "cache_creation": {
                "ephemeral_5m_input_tokens": reply.cache_write_tokens - reply.cache_write_1h_tokens,
                "ephemeral_1h_input_tokens": reply.cache_write_1h_tokens,
            },
        }


def prompt_tokens(body: Json, dialect: Literal["openai", "anthropic"]) -> int:
    """What the provider would bill for the prompt."""
    return count_body(body, dialect, body["model"])


def sse(name: str, **fields: Any) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name.encode(), dump({"type": name, **fields}))


def dump(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
