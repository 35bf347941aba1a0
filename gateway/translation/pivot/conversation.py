"""A request as all dialects have it in common: a conversation, its tools, and how it is to be answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from gateway.translation.pivot.signatures import Signature

Lifetime = Literal["5m", "1h"]
Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]


@dataclass(frozen=True, slots=True)
class Text:
    """`cache`: the provider's cache is to keep the prompt up to here, for so long."""

    text: str
    cache: Lifetime | None = None


@dataclass(frozen=True, slots=True)
class Media:
    """An image, a document or a sound: its base64 `data`, or the `url` where it lies.

    `field` names it in the caller's body.
    """

    kind: Literal["image", "document", "audio"]
    media_type: str
    field: str
    data: str = ""
    url: str = ""
    name: str = ""
    detail: str = ""
    cache: Lifetime | None = None


@dataclass(frozen=True, slots=True)
class Thinking:
    """What a model thought. Without a `signature` no provider takes it back."""

    text: str
    signature: Signature | None = None


@dataclass(frozen=True, slots=True)
class RedactedThinking:
    """What a model thought, encrypted by Anthropic."""

    data: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    id: str
    name: str
    arguments: Mapping[str, Any]
    cache: Lifetime | None = None


@dataclass(frozen=True, slots=True)
class ToolResult:
    call_id: str
    parts: Sequence[Text | Media]
    is_error: bool = False
    cache: Lifetime | None = None


Part: TypeAlias = Text | Media | Thinking | RedactedThinking | ToolCall | ToolResult


@dataclass(frozen=True, slots=True)
class Message:
    role: Literal["user", "assistant"]
    parts: Sequence[Part]


@dataclass(frozen=True, slots=True)
class Tool:
    name: str
    description: str | None
    schema: Mapping[str, Any]
    strict: bool = False
    cache: Lifetime | None = None


@dataclass(frozen=True, slots=True)
class ToolChoice:
    """`name` is that of the only tool to call, where `mode` is `named`."""

    mode: Literal["auto", "any", "none", "named"] = "auto"
    name: str = ""


@dataclass(frozen=True, slots=True)
class JsonFormat:
    """The answer is to be JSON; with a `schema`, as that says."""

    schema: Mapping[str, Any] | None = None
    name: str = "answer"
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Reasoning:
    """How much a model is to think: an effort, a number of tokens, or as it sees fit."""

    effort: Effort | None = None
    budget_tokens: int | None = None
    is_adaptive: bool = False
    is_off: bool = False


@dataclass(frozen=True, slots=True)
class Sampling:
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    seed: int | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """One request. `fields` has the caller's names of those of ours that its dialect calls otherwise."""

    model: str
    system: Sequence[Text]
    messages: Sequence[Message]
    tools: Sequence[Tool] = ()
    tool_choice: ToolChoice | None = None
    parallel_calls: bool = True
    max_tokens: int | None = None
    stop: Sequence[str] = ()
    sampling: Sampling = Sampling()
    format: JsonFormat | None = None
    reasoning: Reasoning = Reasoning()
    stream: bool = False
    stream_usage: bool = True
    user: str | None = None
    cache_all: Lifetime | None = None
    fields: Mapping[str, str] = field(default_factory=dict)

    def name_of(self, name: str) -> str:
        """The caller's name of one of our fields."""
        return self.fields.get(name, name)


def merged(messages: Sequence[Message]) -> list[Message]:
    """The messages, one for each turn: several of one role in a row are one."""
    turns: list[Message] = []
    for message in messages:
        if not message.parts:
            continue
        if turns and turns[-1].role == message.role:
            turns[-1] = Message(message.role, [*turns[-1].parts, *message.parts])
        else:
            turns.append(message)
    return turns
