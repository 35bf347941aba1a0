"""What Gemini answers with: `GenerateContentResponse`, whole or piece by piece of a stream."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from gateway.translation.pivot.errors import unreadable
from gateway.translation.pivot.events import (
    Billed,
    CallDelta,
    CallStarted,
    Ended,
    Event,
    Failed,
    Finished,
    Started,
    TextDelta,
    ThinkingDelta,
    ThinkingSigned,
    Usage,
)
from gateway.translation.pivot.json import compact, count, mapping, objects, text
from gateway.translation.pivot.signatures import Signature
from gateway.translation.providers.reader import SseReader

_REFUSALS = frozenset(
    {
        "SAFETY",
        "RECITATION",
        "LANGUAGE",
        "BLOCKLIST",
        "PROHIBITED_CONTENT",
        "SPII",
        "IMAGE_SAFETY",
        "IMAGE_PROHIBITED_CONTENT",
        "IMAGE_RECITATION",
        "MODEL_ARMOR",
    }
)
# Parts that say nothing to a caller: marks that stand beside what is said.
_MARKS = frozenset({"thought", "thoughtSignature", "partMetadata", "videoMetadata", "mediaResolution"})
_DEFAULT_STATUS = 500


def events_of(payload: Mapping[str, Any]) -> Iterator[Event]:
    """What a whole answer says."""
    if not objects(payload.get("candidates")) and "promptFeedback" not in payload:
        raise unreadable("it has no candidates")
    reader = GeminiReader()
    yield from reader.events(payload)
    yield from reader.end()


def usage_of(value: object) -> Usage:
    """Thoughts stand beside what the model said, and are added to it."""
    usage = mapping(value)
    thought = count(usage.get("thoughtsTokenCount"))
    return Usage(
        input_tokens=count(usage.get("promptTokenCount")) + count(usage.get("toolUsePromptTokenCount")),
        cached_tokens=count(usage.get("cachedContentTokenCount")),
        output_tokens=count(usage.get("candidatesTokenCount")) + thought,
        reasoning_tokens=thought,
    )


def error_of(payload: Mapping[str, Any]) -> str:
    """The message of an error; empty where it has none."""
    return text(mapping(payload.get("error")).get("message"))


class GeminiReader(SseReader):
    """Reads answers piece by piece. No event closes the stream: it is whole once it says why it ended."""

    def __init__(self) -> None:
        super().__init__()
        self._started = self._called = False
        self._finish: Finished | None = None
        self._usage: Usage | None = None

    def events(self, payload: Mapping[str, Any]) -> Iterator[Event]:
        if payload.get("error"):
            code = mapping(payload["error"]).get("code")
            yield Failed(code if isinstance(code, int) else _DEFAULT_STATUS, error_of(payload))
            return
        if not self._started:
            self._started = True
            yield Started(text(payload.get("modelVersion")))
        for candidate in objects(payload.get("candidates"))[:1]:
            for part in objects(mapping(candidate.get("content")).get("parts")):
                yield from self._part(part)
            self._note_finish(text(candidate.get("finishReason")))
        if text(mapping(payload.get("promptFeedback")).get("blockReason")):
            self._finish = Finished("refusal")
        if "usageMetadata" in payload:
            self._usage = usage_of(payload["usageMetadata"])

    def end(self) -> Iterator[Event]:
        if self._finish is None:
            return
        yield self._finish
        if self._usage is not None:
            yield Billed(self._usage)
        yield Ended()

    def _part(self, part: Mapping[str, Any]) -> Iterator[Event]:
        said = text(part.get("text"))
        if part.get("thought"):
            yield from [ThinkingDelta(said)] if said else []
            return
        if signature := text(part.get("thoughtSignature")):
            yield ThinkingSigned(Signature(signature, "gemini"))
        if "functionCall" in part:
            self._called = True
            yield from _call(mapping(part["functionCall"]))
        elif said:
            yield TextDelta(said)
        elif unknown := part.keys() - _MARKS - {"text"}:
            raise unreadable(f"there is no word for {min(unknown)[:40]!r}")

    def _note_finish(self, reason: str) -> None:
        if not reason or reason == "FINISH_REASON_UNSPECIFIED":
            return
        if reason == "STOP":
            self._finish = Finished("tool_calls" if self._called else "stop")
        elif reason == "MAX_TOKENS":
            self._finish = Finished("length")
        elif reason in _REFUSALS:
            self._finish = Finished("refusal")
        else:
            raise unreadable(f"it finished with {reason[:40]}")


def _call(call: Mapping[str, Any]) -> Iterator[Event]:
    """A call, which always comes whole. Older models give it no id."""
    yield CallStarted(text(call.get("id")) or f"call_{uuid.uuid4().hex[:24]}", text(call.get("name")))
    if arguments := mapping(call.get("args")):
        yield CallDelta(compact(arguments))
