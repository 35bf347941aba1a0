"""What a compressed prompt must not have broken: roles, pairs of calls and results, schemas, the question."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from token_optimizer.cli.bench.matching import Haystack
from token_optimizer.optimizer.reading_back.tool import NAME as READ_BACK

_ROLES = frozenset({"system", "developer", "user", "assistant", "tool"})
_QUESTION_SHARE = 0.9


def content_text(content: Any) -> str:
    """The text of a message's content, whichever of its shapes it has."""
    if isinstance(content, list):
        return "\n".join(part.get("text", "") for part in content if isinstance(part, Mapping))
    return content or ""


def message_texts(message: Mapping[str, Any]) -> Iterator[str]:
    """Every text of a message that a model reads: its content, and names and arguments of its calls."""
    yield content_text(message.get("content"))
    for call in message.get("tool_calls") or ():
        function = call.get("function", {})
        yield function.get("name", "")
        yield function.get("arguments") or ""


def new_faults(case: Mapping[str, Any], sent: Mapping[str, Any]) -> list[str]:
    """What is wrong with what was sent and was not wrong with the case itself."""
    faults = list(Counter(_message_faults(sent["messages"])) - Counter(_message_faults(case["messages"])))
    if not sent["messages"]:
        faults.append("no messages")
    if case.get("tools") is not None:
        faults.extend(_tool_faults(case["tools"], sent.get("tools") or ()))
    question = case.get("query")
    if question and not _asks(sent["messages"], question):
        faults.append("question lost")
    return faults


def _asks(messages: Sequence[Mapping[str, Any]], question: str) -> bool:
    text = "\n".join(text for message in messages for text in message_texts(message))
    return Haystack(text).holds_words(question, _QUESTION_SHARE)


def _message_faults(messages: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """One fault for each wrong role, result without a call, call without a result, and empty message."""
    unanswered: list[Any] = []
    for message in messages:
        role = message.get("role")
        if role not in _ROLES:
            yield f"role {role}"
        if role == "tool":
            if message.get("tool_call_id") in unanswered:
                unanswered.remove(message.get("tool_call_id"))
            else:
                yield "result without its call"
            continue
        if unanswered:
            yield "call without its result"
        unanswered = [call.get("id") for call in _calls(message)]
        yield from _own_faults(message)


def _calls(message: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return (message.get("tool_calls") or ()) if message.get("role") == "assistant" else ()


def _own_faults(message: Mapping[str, Any]) -> Iterator[str]:
    calls = _calls(message)
    for call in calls:
        if not _is_json(call.get("function", {}).get("arguments") or "{}"):
            yield "arguments that are no JSON"
    if (
        message.get("role") in ("assistant", "user")
        and not calls
        and not content_text(message.get("content"))
    ):
        yield f"empty {message['role']} message"


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _tool_faults(tools: Sequence[Mapping[str, Any]], sent: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    own = {tool["function"]["name"]: tool["function"] for tool in tools}
    for tool in sent:
        function = tool.get("function", {})
        name = function.get("name")
        if name == READ_BACK:
            continue
        if name not in own:
            yield f"tool {name} was invented"
        else:
            yield from _schema_faults(
                own[name].get("parameters") or {}, function.get("parameters") or {}, name
            )


def _schema_faults(own: Any, sent: Any, path: str) -> Iterator[str]:
    """Where a kept part of the schema asks for other arguments than its own did."""
    if not isinstance(own, Mapping) or not isinstance(sent, Mapping):
        return
    if own.get("type") != sent.get("type"):
        yield f"type of {path}"
    if own.get("enum") is not None and own["enum"] != sent.get("enum"):
        yield f"enum of {path}"
    if set(own.get("required") or ()) != set(sent.get("required") or ()):
        yield f"required of {path}"
    yield from _property_faults(own, sent, path)
    if "items" in own and "items" in sent:
        yield from _schema_faults(own["items"], sent["items"], f"{path}[]")


def _property_faults(own: Mapping[str, Any], sent: Mapping[str, Any], path: str) -> Iterator[str]:
    had, has = own.get("properties") or {}, sent.get("properties") or {}
    for name in own.get("required") or ():
        if name in had and name not in has:
            yield f"required {path}.{name} is gone"
    for name, schema in has.items():
        if name in had:
            yield from _schema_faults(had[name], schema, f"{path}.{name}")
        else:
            yield f"{path}.{name} was invented"
