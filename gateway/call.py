"""A request for a completion, read and checked: what is asked for, and how it is to be optimized."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from gateway.auth import Caller, NamedConfig
from gateway.errors import BadRequest

# May be an integer beyond 64 bits; most are ids within texts.
_MANY_DIGITS = re.compile(rb"(?<=[\[:,\s])-?[1-9][0-9]{18,}(?=\s*[,\]}])")
_MAX_64_BITS = 2**64 - 1
_LEAST_64_BITS = -(2**63)
_DIGITS = re.compile(r"[0-9]{1,20}")
_LONGEST_MODEL_NAME = 200
_MAX_BUDGET_TOKENS = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Call:
    """One request body and its options.

    `off`: forwarded byte for byte. `body` is empty where an `off` request is no JSON object.
    `unwritable`: the body reads, but cannot be written again, so it too goes out as it came.
    """

    raw: bytes
    body: Mapping[str, Any]
    named: NamedConfig
    budget_tokens: int | None = None
    off: bool = False
    unwritable: bool = False

    @property
    def model(self) -> str:
        model = self.body.get("model")
        return model[:_LONGEST_MODEL_NAME] if isinstance(model, str) else ""

    @property
    def messages_count(self) -> int:
        messages = self.body.get("messages")
        return len(messages) if isinstance(messages, list) else 0

    @property
    def stream(self) -> bool:
        return self.body.get("stream") is True


def read_call(raw: bytes, headers: Mapping[str, str], caller: Caller) -> Call:
    """The call; BadRequest, naming what was wrong, where it cannot be one."""
    named = caller.config_named(headers.get("x-optimizer-config"))
    budget_tokens = budget_in_header(headers)
    if is_off(headers):
        return Call(raw, _object_or_empty(raw), named, budget_tokens, off=True)
    body, writable = parsed_object(raw)
    check_prompt(body)
    return Call(raw, body, named, budget_tokens, unwritable=not writable)


def is_off(headers: Mapping[str, str]) -> bool:
    """Whether `X-Optimizer-Mode: off` was sent; BadRequest for a mode that there is not."""
    mode = headers.get("x-optimizer-mode", "on").strip().lower()
    if mode not in ("on", "off"):
        raise BadRequest(f"X-Optimizer-Mode {mode!r} is not 'on' or 'off'", param="x-optimizer-mode")
    return mode == "off"


def parsed_object(raw: bytes) -> tuple[dict[str, Any], bool]:
    """The JSON object of a body, and whether it can be written again as it was."""
    try:
        body, writable = orjson.loads(raw), not _has_large_integer(raw)
    except orjson.JSONDecodeError:
        # Lone surrogates, that some clients make by cutting a text, are JSON all the same.
        body, writable = _parsed_leniently(raw), False
    if not isinstance(body, dict):
        raise BadRequest("the request body must be a JSON object")
    return body, writable


def _has_large_integer(raw: bytes) -> bool:
    """Whether the JSON holds an integer beyond 64 bits, which orjson reads as a float and so would change."""
    if _MANY_DIGITS.search(raw) is None:
        return False
    found = False

    def note(digits: str) -> int:
        nonlocal found
        number = int(digits)
        found = found or not _LEAST_64_BITS <= number <= _MAX_64_BITS
        return number

    json.loads(raw, parse_int=note)
    return found


def _parsed_leniently(raw: bytes) -> object:
    try:
        return json.loads(raw.decode("utf-8"), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise BadRequest(f"the request body is not valid UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise BadRequest(f"the request body is not valid JSON: {error.msg} at {place}") from None
    except RecursionError:
        raise BadRequest("the request body is nested too deeply") from None
    except ValueError:
        raise BadRequest("the request body is not valid JSON: a number in it cannot be read") from None


def _refuse_constant(name: str) -> None:
    raise BadRequest(f"the request body is not valid JSON: {name} is no JSON value")


def _object_or_empty(raw: bytes) -> dict[str, Any]:
    """For `off`, where the provider is the judge of the body."""
    try:
        return parsed_object(raw)[0]
    except BadRequest:
        return {}


def check_prompt(body: Mapping[str, Any]) -> None:
    """Refuse what no provider could take; everything beyond is the provider's to judge."""
    if "model" not in body:
        raise BadRequest("model is missing", param="model")
    check_model(body["model"])
    check_messages(body)


def check_model(model: object) -> None:
    if not isinstance(model, str) or not model:
        raise BadRequest(f"model must be a string, not {_kind_of(model)}", param="model")


def check_messages(body: Mapping[str, Any]) -> None:
    if "messages" not in body:
        raise BadRequest("messages is missing", param="messages")
    messages = body["messages"]
    if not isinstance(messages, list):
        raise BadRequest(f"messages must be a list, not {_kind_of(messages)}", param="messages")
    for position, message in enumerate(messages):
        if not isinstance(message, dict):
            found = _kind_of(message)
            raise BadRequest(f"messages[{position}] must be an object, not {found}", param="messages")


def _kind_of(value: object) -> str:
    """A wrong value as JSON calls it, with numbers and booleans themselves; never a text of the prompt."""
    if value is None or isinstance(value, bool | int | float):
        return orjson.dumps(value).decode()
    if isinstance(value, str):
        return "an empty string" if not value else "a string"
    return "a list" if isinstance(value, list) else "an object"


def budget_in_header(headers: Mapping[str, str]) -> int | None:
    """The tokens of `X-Optimizer-Budget`, where it was sent."""
    text = headers.get("x-optimizer-budget")
    if text is None:
        return None
    if not _DIGITS.fullmatch(text):
        raise _bad_budget("X-Optimizer-Budget", text)
    return checked_budget(int(text), "X-Optimizer-Budget")


def checked_budget(value: object, name: str) -> int | None:
    """A number of tokens of at least 1, or None; BadRequest for all else."""
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= _MAX_BUDGET_TOKENS:
        raise _bad_budget(name, value)
    return value


def _bad_budget(name: str, value: object) -> BadRequest:
    shown = repr(value) if isinstance(value, int | float | str) else _kind_of(value)
    message = f"{name} must be a whole number of tokens of at least 1, not {shown[:60]}"
    return BadRequest(message, param=name.lower())
