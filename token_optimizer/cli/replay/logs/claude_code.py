"""Claude Code: its session files, in which every message stands once.

A request is what stood there before an answer. The system text and the tools are not in the file, so they are
counted neither before nor after; a shell without a description stands for the tools, since the optimizer
keeps the text of files for those who edit them. An answer is written in several rows, one for each content
block, under one `message.id`; sub-agents' rows are conversations of their own, and a summary begins one anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from token_optimizer.cli.replay.logs.request import LoggedRequest, Row
from token_optimizer.cli.replay.logs.values import seconds

NAME = "Claude Code"
_SHELL = {"name": "Bash", "input_schema": {"type": "object"}}
_MARK = {"cache_control": {"type": "ephemeral"}}
Message = dict[str, Any]


@dataclass(slots=True)
class _Conversation:
    """The messages so far, and the answer that is being written."""

    messages: list[Message] = field(default_factory=list)
    answer_id: str = ""

    def add(self, role: str, content: Any) -> None:
        """Add content; what one side says in a row is one message."""
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else list(content)
        if self.messages and self.messages[-1]["role"] == role:
            before = self.messages[-1]["content"]
            self.messages[-1] = {"role": role, "content": [*before, *blocks]}
        else:
            self.messages.append({"role": role, "content": blocks})


def is_own(row: Row) -> bool:
    return "sessionId" in row and "uuid" in row and row.get("type") in ("user", "assistant", "system")


def requests(rows: Iterable[Row]) -> Iterator[LoggedRequest]:
    conversations: dict[str, _Conversation] = {}
    for row in rows:
        message = row.get("message")
        if row.get("type") not in ("user", "assistant") or not _has_content(message):
            continue
        name = f"{row.get('sessionId', '')}{row.get('agentId') or ''}{row.get('isSidechain') or ''}"
        if row.get("isCompactSummary"):
            conversations.pop(name, None)
        talk = conversations.setdefault(name, _Conversation())
        if row["type"] == "assistant" and message.get("id") != talk.answer_id:
            talk.answer_id = message.get("id", "")
            if (
                talk.messages
                and talk.messages[-1]["role"] == "user"
                and message.get("model") != "<synthetic>"
            ):
                yield _request(row, message, talk)
        talk.add(row["type"], message["content"])


def _has_content(message: Any) -> TypeGuard[Message]:
    return (
        isinstance(message, dict)
        and isinstance(message.get("content"), str | list)
        and bool(message["content"])
    )


def _request(row: Row, answer: Message, talk: _Conversation) -> LoggedRequest:
    *before, newest = talk.messages
    *blocks, last = newest["content"]
    # Claude Code marks the newest message for the cache; the file does not say so.
    marked = {**newest, "content": [*blocks, {**last, **_MARK}]}
    body = {"model": answer.get("model"), "messages": [*before, marked], "tools": [_SHELL]}
    return LoggedRequest(body, "anthropic", seconds(row.get("timestamp")), str(row.get("sessionId", "")))
