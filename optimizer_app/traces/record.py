"""TraceRecord: what is known of a finished request, and its form as one line of the journal."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, Self

import msgspec
from msgspec import field

from optimizer_app.holdout.outcome import Outcome
from token_optimizer.models import BlockFate, PromptSegment, StageReport

Status = Literal["ok", "interrupted", "error"]
# An escaped U+0000, which a JSON text may hold and a PostgreSQL text may not. An even number of backslashes
# before it are backslashes themselves.
_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")
# msgspec quotes a value that is none of a Literal's.
_QUOTES_VALUE = "Invalid enum value"


class UnreadableRecord(ValueError):
    """A line of the journal that is no record; the message names the field, never its content."""


@dataclass(frozen=True, slots=True)
class ReadBackRecord:
    """What the model read back by one call: in which `round` of its answer, and the `stage` that had cut it.

    `handle` is the number of a marker; empty where the model asked with words, which stay out of the trace as
    all text does. `beside`: the client had calls to answer, too, so it goes with the next turn.
    """

    round: int
    handle: str
    found: bool
    block: str
    stage: str
    tokens: int
    beside: bool = False


@dataclass(frozen=True, slots=True)
class ReReadRecord:
    """A tool that the model called again with the same arguments, `steps` after the `stage` had cut its
    result, the `block`; `tokens` are those of the new result."""

    tool: str
    stage: str
    steps: int
    tokens: int
    block: str = ""


@dataclass(frozen=True, slots=True)
class BreakpointRecord:
    """A breakpoint that was added for the provider's cache: behind the `tools`, the `system` text, the
    `turn_before` or the `newest_turn`; and its `lifetime`, as the provider writes it."""

    place: str
    lifetime: str


@dataclass(frozen=True, slots=True)
class ProviderCall:
    """What the provider billed for one of several calls; None where it did not say."""

    input_tokens: int | None
    cached_tokens: int | None
    cache_write_tokens: int | None
    output_tokens: int | None
    cache_write_1h_tokens: int | None = None
    reasoning_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """One attempt at a provider: under which `model` name, where that is not the request's own, what came of
    it, after how long, and why nothing did. `status` None: no answer."""

    provider: str
    model: str = ""
    status: int | None = None
    ms: float = 0.0
    why: str = ""


class TraceRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The columns of `RequestTrace` without the money, which is added when the record is stored, and what the
    money is found by.

    `usage_input_tokens` is the whole prompt as billed, what was read from or written to the provider's
    cache included. Where the provider was called more than once, as the model read back what was cut, the
    usage is that of all `provider_calls`; `attempts` are there where it took several. Where a stream broke
    off before the provider said all of it, `usage_is_estimated`, the output by the text that came, and the
    prompt by our count. `masked` has how many secrets each detector kept from the provider.
    `messages_count` goes to events only. `segments` are those of the prompt as it came. A line has `reports`
    and `fates` in the place of `stages` and `blocks`, which take less to write.
    `prompt_digest` names the prompt, where the exact cache was asked for it.
    `answered_from_cache`: by an earlier answer, which was billed `spared_usage`.
    `first_byte_ms` is how long the provider took to begin its answer, and `limit` the one of ours that
    refused the request; metrics alone have both.
    """

    id: uuid.UUID
    project_id: uuid.UUID
    created_at: Annotated[datetime, msgspec.Meta(tz=True)]
    dialect: str
    status: Status
    route: str
    tokens_before: int
    tokens_after: int
    latency_ms: float
    api_key_id: uuid.UUID | None = None
    provider: str = ""
    model: str = ""
    sent_model: str = ""
    config_name: str = ""
    config_version: int | None = None
    budget_tokens: int | None = None
    prompt_name: str = ""
    prompt_version: int | None = None
    tag: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    relayed: str = ""
    stream: bool = False
    http_status: int | None = None
    error: str = ""
    tokens_estimated: bool = False
    cache_hit: bool = False
    prompt_digest: int | None = None
    continues: bool = False
    fallback_used: bool = False
    fallback_reason: str = ""
    compacted: bool = False
    over_budget: str = ""
    why_not: str = ""
    holdout_group: str = ""
    holdout_unit: uuid.UUID | None = None
    outcome: Outcome | None = None
    conversation_id: uuid.UUID | None = None
    text_until: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    faithfulness_score: float | None = None
    upstream_ms: float | None = None
    total_ms: float | None = None
    usage_input_tokens: int | None = None
    usage_cached_tokens: int | None = None
    usage_cache_write_tokens: int | None = None
    usage_output_tokens: int | None = None
    usage_is_estimated: bool = False
    answered_from_cache: bool = False
    spared_usage: ProviderCall | None = None
    stages: list[dict[str, Any]] = field(default_factory=list)
    blocks: list[dict[str, Any]] = field(default_factory=list)
    read_backs: list[ReadBackRecord] = field(default_factory=list)
    re_reads: list[ReReadRecord] = field(default_factory=list)
    provider_calls: list[ProviderCall] = field(default_factory=list)
    breakpoints_added: list[BreakpointRecord] = field(default_factory=list)
    provider_edits: list[dict[str, Any]] = field(default_factory=list)
    masked: dict[str, int] = field(default_factory=dict)
    attempts: list[AttemptRecord] = field(default_factory=list)
    messages_count: int = 0
    usage_cache_write_1h_tokens: int | None = None
    usage_reasoning_tokens: int | None = None
    first_byte_ms: float | None = None
    limit: str = ""
    segments: list[PromptSegment] = field(default_factory=list)
    fates: list[BlockFate] = field(default_factory=list)
    reports: list[StageReport] = field(default_factory=list)

    def as_line(self) -> bytes:
        """The record as JSON that ends in its only line break."""
        try:
            return msgspec.json.encode(self, enc_hook=_as_plain) + b"\n"
        except UnicodeEncodeError:
            return self._as_lenient_line()

    def _as_lenient_line(self) -> bytes:
        """As above where a text holds lone surrogates, which no UTF-8 can: they become question marks."""
        text = json.dumps(msgspec.to_builtins(self, enc_hook=_as_plain), ensure_ascii=False)
        return text.encode("utf-8", "replace") + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> Self:
        """The record of a line. Fields of another version of this program are left out."""
        if b"\\u0000" in line:
            line = _NUL.sub(rb"\1\\ufffd", line)
        try:
            record = msgspec.json.decode(line, type=cls)
        except msgspec.ValidationError as error:
            reason, _, place = str(error).partition(" - at ")
            raise UnreadableRecord(place if reason.startswith(_QUOTES_VALUE) else str(error)) from None
        except msgspec.DecodeError:
            raise UnreadableRecord("the line is no JSON") from None
        return record.spelled_out()

    def spelled_out(self) -> Self:
        """The record with its stages and blocks as the trace has them."""
        if not self.fates and not self.reports:
            return self
        blocks = [fate.as_dict() for fate in self.fates] or self.blocks
        stages = [report.as_dict() for report in self.reports] or self.stages
        return msgspec.structs.replace(self, blocks=blocks, fates=[], stages=stages, reports=[])


def _as_plain(value: object) -> dict[Any, Any]:
    """What is no dict, as the figures of a block that are found when they are looked at."""
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a line of the journal has no form for {type(value).__name__}")
