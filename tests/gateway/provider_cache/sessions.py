"""The example session of an agent, in the dialect of each provider, turn by turn."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from token_optimizer.models import Dialect

Json = dict[str, Any]
_SESSION = Path(__file__).parents[3] / "examples/sessions/coding-agent.json"
PATHS = {"openai": "/v1/chat/completions", "anthropic": "/v1/messages", "responses": "/v1/responses"}
# Long, as those of agents are; the example's own is two lines.
RULES = " ".join(
    f"Rule {number}: never change what step {number} of the plan has not named." for number in range(400)
)


def session_turns(dialect: Dialect, model: str, turns: int = 20) -> Iterator[Json]:
    """The body of each turn."""
    body = json.loads(_SESSION.read_text())["body"]
    messages = body["messages"]
    ends = [at for at, message in enumerate(messages) if message["role"] == "assistant"]
    for end in ends[:turns]:
        turn = {**body, "model": model, "system": f"{body['system']} {RULES}", "messages": messages[:end]}
        yield turn if dialect == "anthropic" else _converted(turn, dialect)


def _converted(body: Json, dialect: Dialect) -> Json:
    items: list[Json] = [{"role": "system", "content": body["system"]}]
    for message in body["messages"]:
        items += _items(message, dialect)
    tools = [_tool(tool, dialect) for tool in body["tools"]]
    return {"model": body["model"], "tools": tools, "messages" if dialect == "openai" else "input": items}


def _tool(tool: Json, dialect: Dialect) -> Json:
    function = {
        "name": tool["name"],
        "description": tool["description"],
        "parameters": tool["input_schema"],
    }
    return {"type": "function", **({"function": function} if dialect == "openai" else function)}


def _items(message: Json, dialect: Dialect) -> list[Json]:
    content = message["content"]
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    text = "\n".join(block["text"] for block in blocks if block["type"] == "text")
    calls = [block for block in blocks if block["type"] == "tool_use"]
    results = [block for block in blocks if block["type"] == "tool_result"]
    if dialect == "responses":
        said = [{"role": message["role"], "content": text}] if text else []
        return [*said, *map(_call_item, calls), *map(_result_item, results)]
    spoken = {"role": message["role"], "content": text or None}
    if calls:
        spoken["tool_calls"] = [_call(call) for call in calls]
    return [*([spoken] if text or calls else []), *map(_result, results)]


def _call(call: Json) -> Json:
    function = {"name": call["name"], "arguments": json.dumps(call["input"])}
    return {"id": call["id"], "type": "function", "function": function}


def _result(block: Json) -> Json:
    return {"role": "tool", "tool_call_id": block["tool_use_id"], "content": _text(block)}


def _call_item(call: Json) -> Json:
    arguments = json.dumps(call["input"])
    return {"type": "function_call", "call_id": call["id"], "name": call["name"], "arguments": arguments}


def _result_item(block: Json) -> Json:
    return {"type": "function_call_output", "call_id": block["tool_use_id"], "output": _text(block)}


def _text(block: Json) -> str:
    content = block["content"]
    return content if isinstance(content, str) else "\n".join(part["text"] for part in content)
