"""TraceRecord: what is known of a finished request, and its form as one line of the journal."""

from __future__ import annotations

import dataclasses
import json
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Self

import orjson

Status = Literal["ok", "interrupted", "error"]


class UnreadableRecord(ValueError):
    """A line of the journal that is no record; the message names the field, never its content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceRecord:
    """The columns of `RequestTrace` without the money, which is added when the record is stored.

    `usage_input_tokens` is the whole prompt as billed, what was read from or written to the provider's
    cache included. `messages_count` is told in events only.
    """

    id: uuid.UUID
    project_id: uuid.UUID
    created_at: datetime
    dialect: str
    status: Status
    route: str
    tokens_before: int
    tokens_after: int
    latency_ms: float
    api_key_id: uuid.UUID | None = None
    provider: str = ""
    model: str = ""
    config_name: str = ""
    config_version: int | None = None
    stream: bool = False
    http_status: int | None = None
    error: str = ""
    tokens_estimated: bool = False
    cache_hit: bool = False
    fallback_used: bool = False
    fallback_reason: str = ""
    compacted: bool = False
    over_budget: str = ""
    faithfulness_score: float | None = None
    upstream_ms: float | None = None
    total_ms: float | None = None
    usage_input_tokens: int | None = None
    usage_cached_tokens: int | None = None
    usage_cache_write_tokens: int | None = None
    usage_output_tokens: int | None = None
    stages: list[dict[str, Any]] = field(default_factory=list)
    blocks: list[dict[str, Any]] = field(default_factory=list)
    messages_count: int = 0

    def as_line(self) -> bytes:
        """The record as JSON that ends in its only line break."""
        try:
            return orjson.dumps(self, option=orjson.OPT_APPEND_NEWLINE)
        except orjson.JSONEncodeError:
            return self._as_lenient_line()

    def _as_lenient_line(self) -> bytes:
        """As above where a text holds lone surrogates, which no UTF-8 can: they become question marks."""
        text = json.dumps(dataclasses.asdict(self), default=str, ensure_ascii=False)
        return text.encode("utf-8", "replace") + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> Self:
        """The record of a line. Fields of another version of this program are left out."""
        try:
            fields = orjson.loads(line)
        except orjson.JSONDecodeError:
            raise UnreadableRecord("the line is no JSON") from None
        if not isinstance(fields, dict):
            raise UnreadableRecord("the line is no JSON object")
        if b"\\u0000" in line:
            fields = _without_nul(fields)
        missing = sorted(_REQUIRED - fields.keys())
        if missing:
            raise UnreadableRecord(f"{missing[0]} is missing")
        known = {name: fields[name] for name in _NAMES & fields.keys()}
        return cls(**{name: _READERS[name](value) for name, value in known.items()})


def _uuid(value: object) -> uuid.UUID:
    try:
        return uuid.UUID(str(value))
    except ValueError:
        raise UnreadableRecord("an id is no UUID") from None


def _uuid_or_none(value: object) -> uuid.UUID | None:
    return None if value is None else _uuid(value)


def _moment(value: object) -> datetime:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        raise UnreadableRecord("created_at is no time") from None
    if moment.tzinfo is None:
        raise UnreadableRecord("created_at has no time zone")
    return moment


def _without_nul(value: Any) -> Any:
    """The value with U+0000 replaced, which a JSON text may hold and a PostgreSQL text may not."""
    if isinstance(value, str):
        return value.replace("\0", "\N{REPLACEMENT CHARACTER}")
    if isinstance(value, list):
        return [_without_nul(item) for item in value]
    if isinstance(value, dict):
        return {_without_nul(name): _without_nul(item) for name, item in value.items()}
    return value


def _exactly(*kinds: type) -> Any:
    """A reader of values of these types alone: bool is no int here."""

    def read(value: object) -> object:
        if type(value) not in kinds:
            raise UnreadableRecord(f"a {type(value).__name__} stands where {kinds[0].__name__} is due")
        return value

    return read


_OPTIONAL_INT = _exactly(int, type(None))
_OPTIONAL_NUMBER = _exactly(float, int, type(None))
_READERS_BY_TYPE: dict[str, Any] = {
    "uuid.UUID": _uuid,
    "uuid.UUID | None": _uuid_or_none,
    "datetime": _moment,
    "str": _exactly(str),
    "Status": _exactly(str),
    "bool": _exactly(bool),
    "int": _exactly(int),
    "int | None": _OPTIONAL_INT,
    "float": _exactly(float, int),
    "float | None": _OPTIONAL_NUMBER,
    "list[dict[str, Any]]": _exactly(list),
}
_FIELDS = dataclasses.fields(TraceRecord)
_READERS = {item.name: _READERS_BY_TYPE[str(item.type)] for item in _FIELDS}
_NAMES = frozenset(_READERS)
_REQUIRED = frozenset(
    item.name
    for item in _FIELDS
    if item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING
)
