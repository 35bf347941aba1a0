"""The built-in provider: answers with what it received and its token count, so that all works offline."""

from __future__ import annotations

import time
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from gateway.headers import Headers
from token_optimizer.models import Dialect
from token_optimizer.tokens.counts import count_body, count_tokens

ECHO_MODEL = "echo"
LONGEST_ECHO_CHARACTERS = 4_000
_PIECE_CHARACTERS = 40


@dataclass(frozen=True)
class EchoAnswer:
    """An answer made here, in the pieces that a provider would send."""

    pieces: tuple[bytes, ...]
    content_type: str
    status: int = 200
    framed: bool = True

    @property
    def headers(self) -> Headers:
        return [("content-type", self.content_type)]

    def header(self, name: str) -> str:
        return self.content_type if name == "content-type" else ""

    async def chunks(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            yield piece


@dataclass(frozen=True, slots=True)
class Echo:
    """What one request is answered with."""

    text: str
    model: str
    input_tokens: int
    output_tokens: int

    @property
    def texts(self) -> Iterator[str]:
        for start in range(0, len(self.text), _PIECE_CHARACTERS):
            yield self.text[start : start + _PIECE_CHARACTERS]


def echo_answer(body: Mapping[str, Any], dialect: Dialect) -> EchoAnswer:
    """The answer to a request body, as JSON or as a stream, in its dialect."""
    echo = _echo_of(body, dialect)
    if not body.get("stream"):
        whole = _anthropic(echo) if dialect == "anthropic" else _openai(echo)
        return EchoAnswer((orjson.dumps(whole),), "application/json")
    if dialect == "anthropic":
        pieces = tuple(_anthropic_events(echo))
    else:
        options = body.get("stream_options")
        with_usage = isinstance(options, Mapping) and options.get("include_usage") is True
        pieces = tuple(_openai_events(echo, with_usage=with_usage))
    return EchoAnswer(pieces, "text/event-stream; charset=utf-8")


def _echo_of(body: Mapping[str, Any], dialect: Dialect) -> Echo:
    model = str(body.get("model", ECHO_MODEL))
    input_tokens = count_body(body, dialect, model)
    received = "\n\n".join(_spoken(body))
    if len(received) > LONGEST_ECHO_CHARACTERS:
        left_out = len(received) - LONGEST_ECHO_CHARACTERS
        received = f"{received[:LONGEST_ECHO_CHARACTERS]}… ({left_out} more characters)"
    # A lone surrogate cannot be sent back.
    received = received.encode("utf-8", "replace").decode()
    text = f"Echo: received {input_tokens} tokens.\n\n{received}"
    return Echo(text, model, input_tokens, count_tokens(text, model))


def _spoken(body: Mapping[str, Any]) -> Iterator[str]:
    """Each message as `role: text`."""
    if "system" in body:
        yield f"system: {_text_of(body['system'])}"
    for message in body["messages"]:
        if isinstance(message, Mapping):
            yield f"{message.get('role')}: {_text_of(message.get('content'))}"


def _text_of(content: object) -> str:
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    parts = [part for part in content if isinstance(part, Mapping)]
    return "\n".join(_text_of(part.get("text") or part.get("content")) for part in parts)


def _openai(echo: Echo) -> dict[str, Any]:
    message = {"role": "assistant", "content": echo.text, "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    return {**_openai_base(echo, "chat.completion"), "choices": [choice], "usage": _openai_usage(echo)}


def _openai_base(echo: Echo, kind: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{uuid.uuid4().hex}",
        "object": kind,
        "created": int(time.time()),
        "model": echo.model,
    }


def _openai_usage(echo: Echo) -> dict[str, Any]:
    return {
        "prompt_tokens": echo.input_tokens,
        "completion_tokens": echo.output_tokens,
        "total_tokens": echo.input_tokens + echo.output_tokens,
    }


def _openai_events(echo: Echo, *, with_usage: bool) -> Iterator[bytes]:
    base = _openai_base(echo, "chat.completion.chunk") | ({"usage": None} if with_usage else {})

    def chunk(delta: dict[str, Any], finish_reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return b"data: %s\n\n" % orjson.dumps({**base, "choices": [choice]})

    yield chunk({"role": "assistant", "content": ""})
    for text in echo.texts:
        yield chunk({"content": text})
    yield chunk({}, "stop")
    if with_usage:
        yield b"data: %s\n\n" % orjson.dumps({**base, "choices": [], "usage": _openai_usage(echo)})
    yield b"data: [DONE]\n\n"


def _anthropic(echo: Echo) -> dict[str, Any]:
    content = [{"type": "text", "text": echo.text}]
    return _anthropic_base(echo) | {
        "content": content,
        "stop_reason": "end_turn",
        "usage": _anthropic_usage(echo, echo.output_tokens),
    }


def _anthropic_base(echo: Echo) -> dict[str, Any]:
    return {
        "id": f"msg_{uuid.uuid4().hex}",
        "type": "message",
        "role": "assistant",
        "model": echo.model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
    }


def _anthropic_usage(echo: Echo, output_tokens: int) -> dict[str, int]:
    return {
        "input_tokens": echo.input_tokens,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": output_tokens,
    }


def _anthropic_events(echo: Echo) -> Iterator[bytes]:
    start = _anthropic_base(echo) | {"usage": _anthropic_usage(echo, 1)}
    yield _event("message_start", message=start)
    yield _event("content_block_start", index=0, content_block={"type": "text", "text": ""})
    for text in echo.texts:
        yield _event("content_block_delta", index=0, delta={"type": "text_delta", "text": text})
    yield _event("content_block_stop", index=0)
    ending = {"stop_reason": "end_turn", "stop_sequence": None}
    yield _event("message_delta", delta=ending, usage={"output_tokens": echo.output_tokens})
    yield _event("message_stop")


def _event(name: str, **fields: Any) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name.encode(), orjson.dumps({"type": name, **fields}))


def model_list(*, anthropic: bool) -> bytes:
    """What `GET /v1/models` lists where echo is the provider."""
    if anthropic:
        model = {
            "type": "model",
            "id": ECHO_MODEL,
            "display_name": "Echo",
            "created_at": "2026-01-01T00:00:00Z",
        }
        page = {"data": [model], "has_more": False, "first_id": ECHO_MODEL, "last_id": ECHO_MODEL}
        return orjson.dumps(page)
    entry = {"id": ECHO_MODEL, "object": "model", "created": 1_767_225_600, "owned_by": "token-optimizer"}
    return orjson.dumps({"object": "list", "data": [entry]})
