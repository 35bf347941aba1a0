"""What a file or the standard input holds: a body of any dialect, a list of messages, or plain text."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import orjson

from token_optimizer.cli.errors import InputError
from token_optimizer.dialects.bodies import conversation_key, detect_dialect
from token_optimizer.models import Dialect

STANDARD_INPUT = "-"
# Far above every model's window; what is larger is no prompt, and would take minutes.
MAX_BYTES = 64 * 1024 * 1024
_CONVERSATIONS = ("messages", "input")


@dataclass(frozen=True, slots=True)
class Given:
    """A prompt as it was given. Messages and text stand in a body of their own."""

    kind: Literal["body", "messages", "text"]
    body: Mapping[str, Any]
    dialect: Dialect


def read_given(name: str) -> Given:
    """The prompt in the file of this name, or of the standard input for `-`."""
    return given_of(read_bytes(name), name)


def read_bytes(name: str) -> bytes:
    """All that the file holds; InputError where it cannot be read, or holds too much."""
    try:
        with sys.stdin.buffer if name == STANDARD_INPUT else Path(name).open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"{name}: {(error.strerror or type(error).__name__).lower()}") from error
    if len(data) > MAX_BYTES:
        raise InputError(f"{name}: more than {MAX_BYTES // 1024**2} MiB are no prompt")
    return data


def given_of(data: bytes, name: str) -> Given:
    """What the bytes hold. JSON that is no prompt is text, as a pasted document is."""
    if not data.strip():
        raise InputError(f"{name}: there is nothing in it")
    value = _json(data)
    if isinstance(value, dict) and any(key in value for key in _CONVERSATIONS):
        return Given("body", value, body_dialect(value))
    if isinstance(value, list) and value and all(map(_is_message, value)):
        dialect = detect_dialect(value)
        return Given("messages", {conversation_key(dialect): value}, dialect)
    return Given("text", {"messages": [{"role": "user", "content": _text(data, name)}]}, "openai")


def body_dialect(body: Mapping[str, Any]) -> Dialect:
    """The dialect of a whole body: `input` is that of responses alone, `system` of messages."""
    if "messages" not in body:
        return "responses"
    if "system" in body:
        return "anthropic"
    messages, tools = body["messages"], body.get("tools")
    found = detect_dialect(_list(messages), _list(tools))
    return "openai" if found == "responses" else found


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _json(data: bytes) -> Any:
    if data.lstrip()[:1] not in (b"{", b"["):
        return None
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return None


def _is_message(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("role", value.get("type")), str)


def _text(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{name}: byte {error.start} is no UTF-8") from error
