"""OpenAI's chat completions.

A stream tells its usage only where it is asked to. Where that was asked on the client's behalf, what only
that brought is taken out again: the chunk that holds nothing but usage, and the `"usage":null` of the others.
The client sees what it would have seen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gateway.dialects.base import ApiDialect, count_of, details_of
from gateway.dialects.sse import StreamTap, data_of, parsed_event, text_member
from optimizer_app.models import Provider
from optimizer_app.optimize.usage import Usage

# In JSON a quote within a text is escaped, so these bytes are always a member and never a text.
_NULL_USAGE = re.compile(rb',\s*"usage"\s*:\s*null|"usage"\s*:\s*null\s*,\s*')
# As most chunks end, which need not be parsed then.
_NULL_USAGE_LAST = re.compile(rb',\s*"usage"\s*:\s*null(?=\s*\}\s*\Z)')


class ChatDialect(ApiDialect):
    name = "openai"
    path = "/v1/chat/completions"
    provider_kind = Provider.Kind.OPENAI.value
    must_be_asked_for_usage = True

    def usage(self, usage: Mapping[str, Any]) -> Usage:
        details = details_of(usage, "prompt_tokens_details")
        return Usage(
            input_tokens=count_of(usage.get("prompt_tokens")),
            cached_tokens=count_of(details.get("cached_tokens")),
            cache_write_tokens=count_of(details.get("cache_write_tokens")),
            output_tokens=count_of(usage.get("completion_tokens")),
            reasoning_tokens=count_of(details_of(usage, "completion_tokens_details").get("reasoning_tokens")),
        )

    def tap(self, *, strip_usage: bool = False) -> ChatTap:
        return ChatTap(strip_usage=strip_usage)


class ChatTap(StreamTap):
    """Closes with `data: [DONE]`."""

    text = text_member(b"content", b"reasoning_content", b"arguments")

    def __init__(self, *, strip_usage: bool = False) -> None:
        super().__init__(holds_events=strip_usage)
        self._strip_usage = strip_usage

    def note(self, event: bytes) -> bytes:
        if event.lstrip().startswith(b"data:") and b"[DONE]" in event:
            self.finished = self.finished or data_of(event) == b"[DONE]"
        if b'"error"' in event and parsed_event(event).get("error"):
            self.failed = True
        return self._note_usage(event) if b'"usage"' in event else event

    def _note_usage(self, event: bytes) -> bytes:
        if last := _NULL_USAGE_LAST.search(event):
            return event[: last.start()] + event[last.end() :] if self._strip_usage else event
        chunk = parsed_event(event)
        if isinstance(chunk.get("usage"), Mapping):
            self.usage = chunk["usage"]
            return b"" if self._strip_usage and chunk.get("choices") == [] else event
        if self._strip_usage and "usage" in chunk:
            return _NULL_USAGE.sub(b"", event, count=1)
        return event


CHAT = ChatDialect()
