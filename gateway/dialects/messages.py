"""Anthropic's messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from gateway.dialects.base import ApiDialect, count_of, details_of
from gateway.dialects.edits import Edit, applied_edits, compactions
from gateway.dialects.sse import StreamTap, parsed_event, text_member
from optimizer_app.models import Provider
from optimizer_app.optimize.usage import Usage


class MessagesDialect(ApiDialect):
    name = "anthropic"
    path = "/v1/messages"
    required_headers: ClassVar = [("anthropic-version", "2023-06-01")]
    provider_kind = Provider.Kind.ANTHROPIC.value

    def usage(self, usage: Mapping[str, Any]) -> Usage:
        """What went through the cache stands beside `input_tokens`, and is added to it."""
        fresh = count_of(usage.get("input_tokens"))
        cached = count_of(usage.get("cache_read_input_tokens"))
        written = count_of(usage.get("cache_creation_input_tokens"))
        return Usage(
            input_tokens=None if fresh is None else fresh + (cached or 0) + (written or 0),
            cached_tokens=cached,
            cache_write_tokens=written,
            output_tokens=count_of(usage.get("output_tokens")),
            cache_write_1h_tokens=count_of(
                details_of(usage, "cache_creation").get("ephemeral_1h_input_tokens")
            ),
        )

    def edits_of(self, payload: Mapping[str, Any]) -> list[Edit]:
        return [*applied_edits(payload), *compactions(payload.get("content"))]

    def tap(self, *, strip_usage: bool = False) -> MessagesTap:
        return MessagesTap()


class MessagesTap(StreamTap):
    """Closes with `message_stop`. Later numbers of its usage are running totals, and replace earlier ones."""

    text = text_member(b"text", b"thinking", b"partial_json")

    def note(self, event: bytes) -> bytes:
        if b"message_st" in event or b'"usage"' in event or b'"error"' in event or b'"compaction"' in event:
            self._note(parsed_event(event))
        return event

    def _note(self, payload: Mapping[str, Any]) -> None:
        kind = payload.get("type")
        self.finished = self.finished or kind == "message_stop"
        self.failed = self.failed or kind == "error"
        if kind == "message_start":
            self._merge_usage((payload.get("message") or {}).get("usage"))
        elif kind == "message_delta":
            self._merge_usage(payload.get("usage"))
            self.edits += applied_edits(payload)
        elif kind == "content_block_start":
            self.edits += compactions([payload.get("content_block")])

    def _merge_usage(self, usage: object) -> None:
        if isinstance(usage, Mapping):
            said = {name: value for name, value in usage.items() if value is not None}
            self.usage = {**self.usage, **said}


MESSAGES = MessagesDialect()
