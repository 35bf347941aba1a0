"""What echo received, as the text that it answers with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from token_optimizer.models import Dialect
from token_optimizer.tokens.counts import count_body, count_tokens

ECHO_MODEL = "echo"
MAX_ECHO_CHARS = 4_000
_PIECE_CHARS = 40


@dataclass(frozen=True, slots=True)
class Echo:
    """What one request is answered with."""

    text: str
    model: str
    input_tokens: int
    output_tokens: int

    @property
    def texts(self) -> Iterator[str]:
        for start in range(0, len(self.text), _PIECE_CHARS):
            yield self.text[start : start + _PIECE_CHARS]


def echo_of(body: Mapping[str, Any], dialect: Dialect) -> Echo:
    # A lone surrogate cannot be sent back.
    model = str(body.get("model", ECHO_MODEL)).encode("utf-8", "replace").decode()
    input_tokens = count_body(body, dialect, model)
    received = "\n\n".join(_spoken(body))
    if len(received) > MAX_ECHO_CHARS:
        left_out = len(received) - MAX_ECHO_CHARS
        received = f"{received[:MAX_ECHO_CHARS]}… ({left_out} more characters)"
    received = received.encode("utf-8", "replace").decode()
    text = f"Echo: received {input_tokens} tokens.\n\n{received}"
    return Echo(text, model, input_tokens, count_tokens(text, model))


def _spoken(body: Mapping[str, Any]) -> Iterator[str]:
    """Each message as `role: text`."""
    for name in ("system", "instructions"):
        if body.get(name):
            yield f"system: {_text_of(body[name])}"
    messages = body.get("messages", body.get("input"))
    if isinstance(messages, str):
        yield f"user: {messages}"
        return
    for message in messages or ():
        if isinstance(message, Mapping):
            yield f"{message.get('role', message.get('type'))}: {_text_of(message.get('content'))}"


def _text_of(content: object) -> str:
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    parts = [part for part in content if isinstance(part, Mapping)]
    return "\n".join(_text_of(part.get("text") or part.get("content")) for part in parts)
