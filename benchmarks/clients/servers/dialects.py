"""A scripted reply in the dialects of the providers, as JSON and as a stream."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from benchmarks.clients.script import Call, Reply

CREATED = 1_750_000_000
USAGE = (120, 24)

Event = tuple[str, dict[str, Any]]


def chat_json(reply: Reply, model: str) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": reply.text or None, "refusal": None}
    if reply.call:
        message["tool_calls"] = [_chat_call(reply.call)]
    choice = {"index": 0, "message": message, "finish_reason": _finish(reply), "logprobs": None}
    return {**_chat_head(reply, model, "chat.completion"), "choices": [choice], "usage": _chat_usage()}


def chat_events(reply: Reply, model: str, with_usage: bool) -> Iterator[Event]:
    def chunk(delta: dict[str, Any], finish: str | None = None) -> Event:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        return "", {**_chat_head(reply, model, "chat.completion.chunk"), "choices": [choice]}

    yield chunk({"role": "assistant", "content": "" if not reply.call else None})
    for piece in _pieces(reply.text):
        yield chunk({"content": piece})
    if reply.call:
        yield chunk({"tool_calls": [{"index": 0, **_chat_call(reply.call)}]})
    yield chunk({}, _finish(reply))
    if with_usage:
        yield "", {**_chat_head(reply, model, "chat.completion.chunk"), "choices": [], "usage": _chat_usage()}


def anthropic_json(reply: Reply, model: str) -> dict[str, Any]:
    return {
        **_anthropic_head(reply, model),
        "content": [_anthropic_block(reply)],
        "stop_reason": "tool_use" if reply.call else "end_turn",
        "usage": {"input_tokens": USAGE[0], "output_tokens": USAGE[1]},
    }


def anthropic_events(reply: Reply, model: str) -> Iterator[Event]:
    usage = {"input_tokens": USAGE[0], "output_tokens": 1}
    yield "message_start", {"message": {**_anthropic_head(reply, model), "content": [], "usage": usage}}
    block = _anthropic_block(reply)
    empty = {**block, "input": {}} if reply.call else {**block, "text": ""}
    yield "content_block_start", {"index": 0, "content_block": empty}
    if reply.call:
        for piece in _pieces(json.dumps(reply.call.arguments)):
            delta = {"type": "input_json_delta", "partial_json": piece}
            yield "content_block_delta", {"index": 0, "delta": delta}
    for piece in _pieces(reply.text):
        yield "content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": piece}}
    yield "content_block_stop", {"index": 0}
    stop = {"stop_reason": "tool_use" if reply.call else "end_turn", "stop_sequence": None}
    yield "message_delta", {"delta": stop, "usage": {"output_tokens": USAGE[1]}}
    yield "message_stop", {}


def responses_json(reply: Reply, model: str) -> dict[str, Any]:
    return _response(reply, model, "completed", [_responses_item(reply)])


def responses_events(reply: Reply, model: str) -> Iterator[Event]:
    item = _responses_item(reply)
    yield "response.created", {"response": _response(reply, model, "in_progress", [])}
    yield "response.output_item.added", {"output_index": 0, "item": {**item, "status": "in_progress"}}
    place = {"output_index": 0, "item_id": item["id"]}
    if reply.call:
        yield "response.function_call_arguments.delta", {**place, "delta": item["arguments"]}
        yield "response.function_call_arguments.done", {**place, "arguments": item["arguments"]}
    else:
        empty = {"type": "output_text", "text": "", "annotations": []}
        yield "response.content_part.added", {**place, "content_index": 0, "part": empty}
        for piece in _pieces(reply.text):
            yield "response.output_text.delta", {**place, "content_index": 0, "delta": piece}
        yield "response.output_text.done", {**place, "content_index": 0, "text": reply.text}
        yield "response.content_part.done", {**place, "content_index": 0, "part": item["content"][0]}
    yield "response.output_item.done", {"output_index": 0, "item": item}
    yield "response.completed", {"response": _response(reply, model, "completed", [item])}


def _pieces(text: str, size: int = 12) -> Iterator[str]:
    for start in range(0, len(text), size):
        yield text[start : start + size]


def _chat_head(reply: Reply, model: str, kind: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-scripted-{reply.id}", "object": kind, "created": CREATED, "model": model}


def _chat_call(call: Call) -> dict[str, Any]:
    arguments = json.dumps(call.arguments)
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments}}


def _chat_usage() -> dict[str, int]:
    prompt, completion = USAGE
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def _finish(reply: Reply) -> str:
    return "tool_calls" if reply.call else "stop"


def _anthropic_head(reply: Reply, model: str) -> dict[str, Any]:
    head = {"id": f"msg_scripted_{reply.id}", "type": "message", "role": "assistant", "model": model}
    return {**head, "stop_reason": None, "stop_sequence": None}


def _anthropic_block(reply: Reply) -> dict[str, Any]:
    if reply.call:
        call = reply.call
        return {"type": "tool_use", "id": call.id, "name": call.name, "input": dict(call.arguments)}
    return {"type": "text", "text": reply.text}


def _responses_item(reply: Reply) -> dict[str, Any]:
    if reply.call:
        arguments = json.dumps(reply.call.arguments)
        call = {"call_id": reply.call.id, "name": reply.call.name, "arguments": arguments}
        return {"type": "function_call", "id": f"fc_{reply.call.id}", "status": "completed", **call}
    part = {"type": "output_text", "text": reply.text, "annotations": []}
    head = {"type": "message", "id": f"msg_scripted_{reply.id}", "status": "completed", "role": "assistant"}
    return {**head, "content": [part]}


def _response(reply: Reply, model: str, status: str, output: list[dict[str, Any]]) -> dict[str, Any]:
    usage = {
        "input_tokens": USAGE[0],
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": USAGE[1],
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": sum(USAGE),
    }
    return {
        "id": f"resp_scripted_{reply.id}",
        "object": "response",
        "created_at": CREATED,
        "status": status,
        "model": model,
        "output": output,
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": usage if status == "completed" else None,
    }
