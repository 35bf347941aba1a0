"""An answer as a stream of OpenAI's Responses API, item after item."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

from gateway.dialects.sse import sse_event
from gateway.translation.callers.responses.answer import (
    closed,
    item_of,
    new_id,
    response,
    summary_part,
    text_part,
    write_error,
)
from gateway.translation.callers.writer import StreamWriter
from gateway.translation.pivot.conversation import Conversation, Text, Thinking
from gateway.translation.pivot.events import (
    AnswerPart,
    Billed,
    CallDelta,
    CallPart,
    Ended,
    Event,
    Failed,
    Finished,
    Started,
    TextDelta,
    ThinkingDelta,
    Usage,
    add_to,
)

Json = dict[str, Any]


class ResponsesWriter(StreamWriter):
    """Writes events. The last item is open until the next begins, or all is over."""

    def __init__(self, conversation: Conversation) -> None:
        super().__init__()
        self._response = response(conversation.model)
        self._numbers = count()
        self._items: list[Json] = []
        self._parts: list[AnswerPart] = []
        self._item_id = ""
        self._finish, self._usage = Finished("stop"), Usage()

    def pieces(self, event: Event) -> Iterator[bytes]:
        match event:
            case Started():
                self._response["model"] = event.model or self._response["model"]
                yield self._event("response.created", response=self._response)
                yield self._event("response.in_progress", response=self._response)
            case Finished():
                self._finish = event
            case Billed():
                self._usage = event.usage
            case Ended():
                yield from self._ending()
            case Failed():
                error = write_error(event.status, event.message)["error"]
                told = {"code": error["type"], "message": event.message, "param": None}
                yield self._event("error", **told, error=error)
            case _:
                yield from self._content(event)

    def _content(self, event: Event) -> Iterator[bytes]:
        parts = list(self._parts)
        add_to(self._parts, event)
        if len(self._parts) > len(parts):
            yield from self._closed(parts)
            yield from self._opened(self._parts[-1])
        match event:
            case TextDelta():
                yield self._of_part(
                    "response.output_text.delta", "content_index", delta=event.text, logprobs=[]
                )
            case ThinkingDelta():
                yield self._of_part(
                    "response.reasoning_summary_text.delta", "summary_index", delta=event.text
                )
            case CallDelta():
                yield self._of_item("response.function_call_arguments.delta", delta=event.arguments)

    def _opened(self, part: AnswerPart) -> Iterator[bytes]:
        self._item_id = new_id(part)
        yield self._event(
            "response.output_item.added", output_index=len(self._items), item=_begun(part, self._item_id)
        )
        if isinstance(part, Text):
            yield self._of_part("response.content_part.added", "content_index", part=text_part(""))
        elif isinstance(part, Thinking) and part.text:
            yield self._of_part(
                "response.reasoning_summary_part.added", "summary_index", part=summary_part("")
            )

    def _closed(self, parts: list[AnswerPart]) -> Iterator[bytes]:
        """What closes the item of the last part, where there is one."""
        if not parts:
            return
        part = parts[-1]
        item = item_of(part, self._item_id)
        if isinstance(part, Text):
            yield self._of_part("response.output_text.done", "content_index", text=part.text, logprobs=[])
            yield self._of_part("response.content_part.done", "content_index", part=item["content"][0])
        elif isinstance(part, Thinking) and part.text:
            yield self._of_part("response.reasoning_summary_text.done", "summary_index", text=part.text)
            yield self._of_part(
                "response.reasoning_summary_part.done", "summary_index", part=item["summary"][0]
            )
        elif isinstance(part, CallPart):
            arguments = item["arguments"]
            yield self._of_item("response.function_call_arguments.done", name=part.name, arguments=arguments)
        yield self._event("response.output_item.done", output_index=len(self._items), item=item)
        self._items.append(item)

    def _ending(self) -> Iterator[bytes]:
        yield from self._closed(self._parts)
        whole = closed(self._response, self._items, self._finish, self._usage)
        yield self._event(f"response.{whole['status']}", response=whole)

    def _of_part(self, kind: str, index: str, **fields: Any) -> bytes:
        """An event of the only part of the open item."""
        return self._of_item(kind, **{index: 0}, **fields)

    def _of_item(self, kind: str, **fields: Any) -> bytes:
        return self._event(kind, output_index=len(self._items), item_id=self._item_id, **fields)

    def _event(self, kind: str, **fields: Any) -> bytes:
        return sse_event({"type": kind, "sequence_number": next(self._numbers), **fields}, named=True)


def _begun(part: AnswerPart, item_id: str) -> Json:
    """The item as it is announced, empty yet."""
    item = item_of(part, item_id)
    if isinstance(part, Text):
        return {**item, "status": "in_progress", "content": []}
    if isinstance(part, CallPart):
        return {**item, "status": "in_progress", "arguments": ""}
    return {**item, "summary": []}
