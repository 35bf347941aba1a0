"""Request bodies, read and checked where they come in. What goes on are the client's own bytes.

A thread that reads a body keeps the event loop waiting all the same while one call in C runs: so what is read
is bounded first, piece by piece, and what is only searched is searched by re2, which lets others run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypeVar

import orjson
import re2
from annotated_types import MinLen
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from gateway.errors import BadRequest

# May be an integer beyond 64 bits; most are ids within texts.
_MANY_DIGITS = re2.compile(rb"[\[:,\s]-?[1-9][0-9]{18,}\s*[,\]}]")
_ZEROS = b"0" * 19
_DIGITS_AS_ZEROS = bytes.maketrans(b"123456789", b"0" * 9)
# Each takes some hundred bytes once it is read, whatever it took in the body, and 0.3 microseconds. Prompts
# have some ten thousand.
MAX_VALUES = 250_000
_PIECE_BYTES = 64 * 1024
_MAX_64_BITS = 2**64 - 1
_MIN_64_BITS = -(2**63)
_MAX_SHOWN_CHARS = 40
# What was to be there, by pydantic's name for what was wrong.
_EXPECTED = {
    "string_type": "a string",
    "string_unicode": "a string without lone surrogates",
    "is_instance_of": "a string",
    "string_too_short": "a string",
    "list_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
}

Name = Annotated[str, MinLen(1)]


class Body(BaseModel):
    """The fields of a body that we read. Others are allowed: providers have more than we know."""

    model_config = ConfigDict(strict=True, frozen=True, hide_input_in_errors=True)


CheckedBody = TypeVar("CheckedBody", bound=Body)


def checked(kind: type[CheckedBody], body: Mapping[str, Any]) -> CheckedBody:
    """The body's fields; BadRequest naming the first that cannot be used."""
    try:
        return kind.model_validate(body)
    except ValidationError as error:
        raise _refusal(error.errors(include_url=False)[0]) from None


def _refusal(error: ErrorDetails) -> BadRequest:
    name = _field_name(error["loc"])
    param = str(error["loc"][0])
    if error["type"] == "missing":
        return BadRequest(f"{name} is missing", param=param)
    if error["type"] not in _EXPECTED:
        return BadRequest(f"{name} must be {error['msg']}", param=param)
    return BadRequest(
        f"{name} must be {_EXPECTED[error['type']]}, not {kind_of(error['input'])}", param=param
    )


def _field_name(place: Sequence[str | int]) -> str:
    """A place in a body as people write it: `documents[0].id`."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in place]
    return "".join(parts).removeprefix(".")


def kind_of(value: object) -> str:
    """A wrong value as JSON calls it, with numbers and booleans themselves; never a text of the prompt."""
    if value is None or isinstance(value, bool | int | float):
        return json.dumps(value)[:_MAX_SHOWN_CHARS]
    if isinstance(value, str):
        return "an empty string" if not value else "a string"
    return "a list" if isinstance(value, list) else "an object"


def parsed_object(raw: bytes) -> tuple[dict[str, Any], bool]:
    """The JSON object of a body, and whether it can be written again as it was."""
    if has_too_many_values(raw):
        raise BadRequest(f"the request body holds more than {MAX_VALUES:,} values")
    try:
        body, writable = orjson.loads(raw), not _has_large_integer(raw)
    except orjson.JSONDecodeError:
        # Lone surrogates, that some clients make by cutting a text, are JSON all the same.
        body, writable = _parsed_leniently(raw), False
    if not isinstance(body, dict):
        raise BadRequest("the request body must be a JSON object")
    return body, writable


def has_too_many_values(raw: bytes) -> bool:
    """Whether a JSON text has more values than a body may have; commas within its strings are none."""
    # Each takes a byte at least.
    if len(raw) <= MAX_VALUES:
        return False
    return _values_in(raw) > MAX_VALUES and _values_outside_strings(raw) > MAX_VALUES


def _values_outside_strings(raw: bytes) -> int:
    """As many as there are, or some more than there may be."""
    plain = raw.replace(rb"\\", b"").replace(rb"\"", b"")
    count, is_outside = 0, True
    for start in range(0, len(plain), _PIECE_BYTES):
        parts = plain[start : start + _PIECE_BYTES].split(b'"')
        count += _values_in(b"".join(parts[0 if is_outside else 1 :: 2]))
        if count > MAX_VALUES:
            break
        is_outside ^= len(parts) % 2 == 0
    return count


def _values_in(raw: bytes) -> int:
    return sum(map(raw.count, (b",", b"[", b"{")))


def json_object(raw: bytes) -> dict[str, Any] | None:
    """The JSON object that some bytes are; None where they are something else."""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


def with_model(raw: bytes, model: str) -> bytes:
    """The body with the model that its path names, where it names none itself."""
    body = json_object(raw) if model else None
    if body is None or "model" in body:
        return raw
    start = raw.index(b"{") + 1
    return b'%s"model":%s%s%s' % (raw[:start], orjson.dumps(model), b"," if body else b"", raw[start:])


def _has_large_integer(raw: bytes) -> bool:
    """Whether the JSON holds an integer beyond 64 bits, which orjson reads as a float and so would change."""
    # A quarter of the time; but nobody else runs meanwhile.
    if len(raw) <= _PIECE_BYTES and _ZEROS not in raw.translate(_DIGITS_AS_ZEROS):
        return False
    if _MANY_DIGITS.search(raw) is None:
        return False
    found = False

    def note(digits: str) -> int:
        nonlocal found
        number = int(digits)
        found = found or not _MIN_64_BITS <= number <= _MAX_64_BITS
        return number

    try:
        json.loads(raw, parse_int=note)
    except RecursionError:
        # Deeper than Python reads. It goes out as it came.
        return True
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
