"""An answer, as the events of a stream. One that came whole is the same events, each with all of its text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from gateway.translation.pivot.conversation import RedactedThinking, Text, Thinking
from gateway.translation.pivot.signatures import Signature

FinishReason = Literal["stop", "stop_sequence", "length", "tool_calls", "refusal", "paused"]


@dataclass(frozen=True, slots=True)
class Usage:
    """What was billed. `input_tokens` holds cached and written ones, too, and `output_tokens` reasoning."""

    input_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    # Of those written, the ones that stay for an hour.
    cache_write_1h_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Started:
    model: str
    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class TextDelta:
    text: str


@dataclass(frozen=True, slots=True)
class ThinkingDelta:
    text: str


@dataclass(frozen=True, slots=True)
class ThinkingSigned:
    """The thinking before this is over, and signed."""

    signature: Signature


@dataclass(frozen=True, slots=True)
class ThinkingRedacted:
    data: str


@dataclass(frozen=True, slots=True)
class CallStarted:
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class CallDelta:
    """More of the JSON of the arguments of the call that was started last."""

    arguments: str


@dataclass(frozen=True, slots=True)
class Finished:
    reason: FinishReason
    stop_sequence: str | None = None


@dataclass(frozen=True, slots=True)
class Billed:
    usage: Usage


@dataclass(frozen=True, slots=True)
class Ended:
    """The answer is whole: a stream without this broke off."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The provider reported an error. `status` is what it would have been before the answer began."""

    status: int
    message: str


Event: TypeAlias = (
    Started
    | TextDelta
    | ThinkingDelta
    | ThinkingSigned
    | ThinkingRedacted
    | CallStarted
    | CallDelta
    | Finished
    | Billed
    | Ended
    | Failed
)


@dataclass(frozen=True, slots=True)
class CallPart:
    """A call, with its arguments as the JSON text that came."""

    id: str
    name: str
    arguments: str = ""


AnswerPart: TypeAlias = Text | Thinking | RedactedThinking | CallPart


@dataclass(frozen=True, slots=True)
class WholeAnswer:
    model: str
    parts: tuple[AnswerPart, ...]
    finish: Finished
    usage: Usage

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts if isinstance(part, Text))

    @property
    def calls(self) -> list[CallPart]:
        return [part for part in self.parts if isinstance(part, CallPart)]


def whole_answer(events: Iterable[Event], model: str) -> WholeAnswer:
    """The answer that the events make. `model` is the one that was asked, where they name none."""
    parts: list[AnswerPart] = []
    finish, usage = Finished("stop"), Usage()
    for event in events:
        match event:
            case Started():
                model, usage = event.model or model, event.usage or usage
            case Finished():
                finish = event
            case Billed():
                usage = event.usage
            case Failed():
                raise ValueError("an answer that failed is none")
            case _:
                add_to(parts, event)
    return WholeAnswer(model, tuple(parts), finish, usage)


def add_to(parts: list[AnswerPart], event: Event) -> None:
    """Add to the parts of an answer what one event brings: to the last of them, or as a new one."""
    last = parts[-1] if parts else None
    match event:
        case TextDelta() if isinstance(last, Text):
            parts[-1] = replace(last, text=last.text + event.text)
        case TextDelta():
            parts.append(Text(event.text))
        case ThinkingDelta() if isinstance(last, Thinking) and last.signature is None:
            parts[-1] = replace(last, text=last.text + event.text)
        case ThinkingDelta():
            parts.append(Thinking(event.text))
        case ThinkingSigned() if isinstance(last, Thinking) and last.signature is None:
            parts[-1] = replace(last, signature=event.signature)
        case ThinkingSigned():
            parts.append(Thinking("", event.signature))
        case ThinkingRedacted():
            parts.append(RedactedThinking(event.data))
        case CallStarted():
            parts.append(CallPart(event.id, event.name))
        case CallDelta() if isinstance(last, CallPart):
            parts[-1] = replace(last, arguments=last.arguments + event.arguments)
        case _:
            pass
