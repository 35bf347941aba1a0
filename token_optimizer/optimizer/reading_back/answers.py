"""Calls of `read_back` in a provider's whole answer: found, taken out, and answered in the next request.

All functions work on plain data in the dialect's own shape, and change nothing that they are given.

Before: an answer with the call read_back(what="482193")
After:  the request with that answer and the call's result behind its messages, and in the end one answer with
        the usage of both
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from token_optimizer.dialects.bodies import conversation_key, conversation_of
from token_optimizer.dialects.response_items import OUTPUT_OF
from token_optimizer.dialects.text_parts import as_list
from token_optimizer.models import Dialect, SentRead
from token_optimizer.optimizer.reading_back.tool import is_call

# A model that still reads after so many rounds gets its answer as it is.
MAX_ROUNDS = 3
SEPARATOR = "\n\n"
LAST_ROUND_NOTE = "\n\n[Nothing more can be read back for this answer: go on with what is here.]"
# How an answer has ended that a provider goes on from: one that was cut off may have half a call.
_COMPLETE: dict[Dialect, frozenset[Any]] = {
    "openai": frozenset({"tool_calls", "stop"}),
    "anthropic": frozenset({"tool_use"}),
    "responses": frozenset({"completed", None}),
}
# What an answer says about itself, which no request takes.
_NOT_SENT = frozenset({"annotations", "parsed"})


class ReadBackCall(NamedTuple):
    """One call of the tool: its id, and what it asks for."""

    id: str
    what: str


def calls_of(answer: Mapping[str, Any], dialect: Dialect) -> list[ReadBackCall]:
    """The calls of `read_back` in a whole answer, in order."""
    return [_read_call(call, dialect) for call in own_calls(answer, dialect)]


def has_other_calls(answer: Mapping[str, Any], dialect: Dialect) -> bool:
    """Whether the client has calls of its own to answer, too."""
    parts = _parts(answer, dialect)
    return any(_is_tool_call(part, dialect) and not is_call(part, dialect) for part in parts)


def is_complete(answer: Mapping[str, Any], dialect: Dialect) -> bool:
    """Whether an answer with calls ended so that it can be gone on from."""
    if dialect == "anthropic":
        ending = answer.get("stop_reason")
    else:
        ending = answer.get("status") if dialect == "responses" else answer["choices"][0].get("finish_reason")
    return ending in _COMPLETE[dialect]


def separator(before: str, after: str) -> str:
    """What stands between the texts of two answers, which are two messages of the model."""
    return "" if before[-1:].isspace() or after[:1].isspace() or not (before and after) else SEPARATOR


def without_calls(answer: Mapping[str, Any], dialect: Dialect) -> dict[str, Any]:
    """The answer as the client sees it: without calls of `read_back`, and ended as if there had been none."""
    if not calls_of(answer, dialect):
        return dict(answer)
    left = [part for part in _parts(answer, dialect) if not is_call(part, dialect)]
    is_over = not any(_is_tool_call(part, dialect) for part in left)
    if dialect == "anthropic":
        ending = {"stop_reason": "end_turn"} if is_over and answer.get("stop_reason") == "tool_use" else {}
        return {**answer, "content": left, **ending}
    if dialect == "responses":
        return {**answer, "output": left}
    choice = answer["choices"][0]
    message = {name: value for name, value in choice["message"].items() if name != "tool_calls"}
    if left:
        message["tool_calls"] = left
    ending = {"finish_reason": "stop"} if is_over and choice.get("finish_reason") == "tool_calls" else {}
    return {**answer, "choices": [{**choice, "message": message, **ending}]}


def continued(
    body: Mapping[str, Any], answer: Mapping[str, Any], dialect: Dialect, results: Mapping[str, str]
) -> dict[str, Any]:
    """The next request: the body's messages, the answer as it came, and the results by the calls' ids."""
    messages = [*conversation_of(body, dialect), *exchange(answer, dialect, results)]
    return {**body, conversation_key(dialect): messages}


def exchange(answer: Mapping[str, Any], dialect: Dialect, results: Mapping[str, str]) -> list[dict[str, Any]]:
    """The answer and its results as messages of a request."""
    return [*answer_messages(answer, dialect), *result_messages(results, dialect)]


def exchange_of(read: SentRead, results: Mapping[str, str], dialect: Dialect) -> list[dict[str, Any]]:
    """What `exchange` gave when the answer came."""
    return [*read.messages, *result_messages(results, dialect)]


def own_calls(answer: Mapping[str, Any], dialect: Dialect) -> list[dict[str, Any]]:
    """The calls of `read_back` in an answer, as they came."""
    return [call for call in _parts(answer, dialect) if is_call(call, dialect)]


def answer_messages(answer: Mapping[str, Any], dialect: Dialect) -> list[dict[str, Any]]:
    """A whole answer as the messages, or items, that a request repeats it with."""
    if dialect == "anthropic":
        parts = [part for part in as_list(answer.get("content")) if not _is_empty_text(part)]
        return [{"role": "assistant", "content": parts}]
    if dialect == "responses":
        return [dict(item) for item in as_list(answer.get("output"))]
    message = answer["choices"][0]["message"]
    said = {name: value for name, value in message.items() if value is not None and name not in _NOT_SENT}
    return [{"role": "assistant", "content": None, **said}]


def _is_empty_text(part: Any) -> bool:
    """Whether it is a text without words, which Anthropic may send and never takes back."""
    if not isinstance(part, Mapping) or part.get("type") != "text":
        return False
    return not str(part.get("text") or "").strip()


def result_messages(results: Mapping[str, str], dialect: Dialect) -> list[dict[str, Any]]:
    """The results of calls as the messages, or items, that answer them."""
    if dialect == "anthropic":
        return [{"role": "user", "content": [result_part(*result, dialect) for result in results.items()]}]
    return [result_part(*result, dialect) for result in results.items()]


def result_part(call_id: str, text: str, dialect: Dialect) -> dict[str, Any]:
    """The result of one call: a message, an item, or for Anthropic a part of a message."""
    if dialect == "anthropic":
        return {"type": "tool_result", "tool_use_id": call_id, "content": text}
    if dialect == "responses":
        return {"type": "function_call_output", "call_id": call_id, "output": text}
    return {"role": "tool", "tool_call_id": call_id, "content": text}


def merged(first: Mapping[str, Any], second: Mapping[str, Any], dialect: Dialect) -> dict[str, Any]:
    """The one answer that the client sees: what the first said without its calls of `read_back`, then the
    second, under the first one's id, with the usage of both."""
    said = without_calls(first, dialect)
    one = {**second, "id": first.get("id", second.get("id"))}
    if first.get("usage") or second.get("usage"):
        one["usage"] = added_usage(first.get("usage") or {}, second.get("usage") or {}, dialect)
    if dialect == "anthropic":
        return {**one, "content": [*as_list(said.get("content")), *as_list(second.get("content"))]}
    if dialect == "responses":
        return {**one, "output": [*as_list(said.get("output")), *as_list(second.get("output"))]}
    choice = second["choices"][0]
    message = _joined_message(said["choices"][0]["message"], choice["message"])
    return {**one, "choices": [{**choice, "message": message}]}


def added_usage(first: Mapping[str, Any], second: Mapping[str, Any], dialect: Dialect) -> dict[str, Any]:
    """What two requests were billed together; what is no number is as the second has it."""
    total = {**first, **{name: value for name, value in second.items() if value is not None}}
    for name in first.keys() & second.keys():
        one, other = first[name], second[name]
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            total[name] = added_usage(one, other, dialect)
        elif _is_number(one) and _is_number(other):
            total[name] = one + other
    return total


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _parts(answer: Mapping[str, Any], dialect: Dialect) -> Sequence[Any]:
    """Where an answer has its calls: OpenAI's tool calls, Anthropic's content, the items of Responses."""
    if dialect == "anthropic":
        return as_list(answer.get("content"))
    if dialect == "responses":
        return as_list(answer.get("output"))
    choices = as_list(answer.get("choices"))
    # Each of several choices would have to go on apart.
    if len(choices) != 1 or not isinstance(choices[0], Mapping):
        return ()
    message = choices[0].get("message")
    return as_list(message.get("tool_calls")) if isinstance(message, Mapping) else ()


def _is_tool_call(part: Any, dialect: Dialect) -> bool:
    """Whether the sender has to answer a part of an answer; the provider answers its own tools' calls."""
    if not isinstance(part, Mapping):
        return False
    if dialect == "openai":
        return True
    kind = part.get("type")
    return isinstance(kind, str) and (kind == "tool_use" or kind in OUTPUT_OF)


def _read_call(call: Mapping[str, Any], dialect: Dialect) -> ReadBackCall:
    if dialect == "anthropic":
        return ReadBackCall(str(call.get("id", "")), _what(call.get("input")))
    inner = call["function"] if dialect == "openai" else call
    call_id = call.get("call_id" if dialect == "responses" else "id", "")
    return ReadBackCall(str(call_id), _what(inner.get("arguments")))


def _what(arguments: Any) -> str:
    """What the arguments ask for; of arguments that are no object with it, their own words."""
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments)
        except ValueError:
            return arguments
    what = arguments.get("what") if isinstance(arguments, Mapping) else arguments
    return what if isinstance(what, str) else "" if what is None else json.dumps(what)


def _joined_message(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """OpenAI's message of both: the texts of the first stand before those of the second."""
    both = {**first, **{name: value for name, value in second.items() if value is not None}}
    for name in first.keys() & second.keys():
        one, other = first[name], second[name]
        if name != "role" and isinstance(one, str) and isinstance(other, str):
            both[name] = one + (separator(one, other) if name == "content" else "") + other
        elif isinstance(one, list) and isinstance(other, list):
            both[name] = [*one, *other]
    return both
