"""Codex: its session files (`rollout-*.jsonl`), in which every item of the Responses API stands once.

A request is what stood there before the model's items. The tools are not in the file, so they are counted
neither before nor after; a shell without a description stands for them, since the optimizer keeps the text of
files for those who edit them. A compaction begins the conversation anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from token_optimizer.cli.replay.logs.request import LoggedRequest, Row
from token_optimizer.cli.replay.logs.values import are_messages, first, seconds

NAME = "Codex"
_TYPES = ("session_meta", "turn_context", "response_item", "event_msg", "compacted")
_OF_MODEL = ("reasoning", "function_call", "custom_tool_call", "local_shell_call", "web_search_call")
DEFAULT_MODEL = "gpt-5-codex"
_SHELL = {"type": "function", "name": "shell", "parameters": {"type": "object"}}
Item = dict[str, Any]


def is_own(row: Row) -> bool:
    return row.get("type") in _TYPES and isinstance(row.get("payload"), dict)


def requests(rows: Iterable[Row]) -> Iterator[LoggedRequest]:
    items: list[Item] = []
    head: Item = {"model": DEFAULT_MODEL, "tools": [_SHELL]}
    session = ""
    for row in rows:
        payload, kind = row.get("payload"), row.get("type")
        if not isinstance(payload, dict):
            continue
        if kind == "session_meta":
            session, head = str(payload.get("id") or ""), {**head, **_instructions(payload)}
        elif kind == "turn_context" and payload.get("model"):
            head = {**head, "model": payload["model"]}
        elif kind == "compacted":
            items = _replacement(payload)
        elif kind == "response_item":
            if _is_of_model(payload) and items and not _is_of_model(items[-1]):
                yield LoggedRequest(
                    {**head, "input": list(items)}, "responses", seconds(row.get("timestamp")), session
                )
            items.append(payload)


def _instructions(meta: Item) -> Item:
    found = first(meta, "base_instructions", "instructions")
    text = found.get("text") if isinstance(found, dict) else found
    return {"instructions": text} if isinstance(text, str) and text else {}


def _replacement(payload: Item) -> list[Item]:
    history = payload.get("replacement_history")
    if are_messages(history):
        return list(history)
    return [{"type": "message", "role": "user", "content": str(payload.get("message") or "")}]


def _is_of_model(item: Item) -> bool:
    return item.get("type") in _OF_MODEL or item.get("role") == "assistant"
