"""Anthropic over the official SDK: messages in OpenAI's shape go in, the common shape comes out.

Before: `[{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]`.
After: `system="Be brief."`, `messages=[{"role": "user", "content": "Hi"}]`.
"""

from __future__ import annotations

import json
from typing import Any

from token_optimizer.providers.base import BaseProvider, common_usage, import_sdk

# The API demands a limit; OpenAI's shape has none.
DEFAULT_MAX_TOKENS = 4096
INSTRUCTION_ROLES = ("system", "developer")


class AnthropicProvider(BaseProvider):
    """Without an `api_key` the SDK reads ANTHROPIC_API_KEY; `options` are those of its client."""

    def __init__(self, api_key: str | None = None, **options: Any) -> None:
        self.client = import_sdk("anthropic").Anthropic(api_key=api_key, **options)

    def chat_completion(self, messages: list[dict[str, Any]], **kwargs: Any) -> dict[str, Any]:
        """Send messages; system messages become the system text, tools and tool calls change their shape."""
        request: dict[str, Any] = {"max_tokens": DEFAULT_MAX_TOKENS, **kwargs}
        request["messages"] = conversation(messages)
        if system := system_parts(messages):
            request["system"] = system
        if "tools" in request:
            request["tools"] = [_tool(tool) for tool in request["tools"]]
        return self.normalize_response(self.client.messages.create(**request))

    def normalize_response(self, raw_response: Any) -> dict[str, Any]:
        """One choice: all texts joined, all tool calls kept."""
        texts = [block.text for block in raw_response.content if block.type == "text"]
        calls = [_call(block) for block in raw_response.content if block.type == "tool_use"]
        message: dict[str, Any] = {"role": "assistant", "content": "".join(texts) if texts else None}
        if calls:
            message["tool_calls"] = calls
        return {
            "id": raw_response.id,
            "model": raw_response.model,
            "choices": [{"message": message, "finish_reason": raw_response.stop_reason}],
            "usage": _usage(raw_response.usage),
        }


def system_parts(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The text blocks of all system and developer messages, in order."""
    parts: list[dict[str, Any]] = []
    for message in messages:
        if message["role"] in INSTRUCTION_ROLES:
            parts += _parts(message.get("content"))
    return parts


def conversation(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The turns in Anthropic's shape; the results of calls made together stand in one user message."""
    turns: list[dict[str, Any]] = []
    for message in messages:
        if message["role"] in INSTRUCTION_ROLES:
            continue
        if message["role"] == "tool":
            _add_result(turns, message)
        elif message.get("tool_calls"):
            uses = [_use(call) for call in message["tool_calls"]]
            turns.append({"role": "assistant", "content": [*_parts(message.get("content")), *uses]})
        else:
            turns.append({"role": message["role"], "content": message["content"]})
    return turns


def _add_result(turns: list[dict[str, Any]], message: dict[str, Any]) -> None:
    result = {
        "type": "tool_result",
        "tool_use_id": message["tool_call_id"],
        "content": message["content"],
    }
    last = turns[-1] if turns else None
    if last and last["role"] == "user" and _holds_results(last["content"]):
        last["content"].append(result)
    else:
        turns.append({"role": "user", "content": [result]})


def _holds_results(content: Any) -> bool:
    return isinstance(content, list) and all(part.get("type") == "tool_result" for part in content)


def _parts(content: Any) -> list[dict[str, Any]]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return list(content or ())


def _use(call: dict[str, Any]) -> dict[str, Any]:
    function = call["function"]
    arguments = json.loads(function["arguments"] or "{}")
    return {"type": "tool_use", "id": call["id"], "name": function["name"], "input": arguments}


def _call(block: Any) -> dict[str, Any]:
    arguments = json.dumps(block.input, ensure_ascii=False)
    return {"id": block.id, "type": "function", "function": {"name": block.name, "arguments": arguments}}


def _tool(tool: dict[str, Any]) -> dict[str, Any]:
    """A tool in Anthropic's shape; one that has it already is left alone."""
    function = tool.get("function")
    if function is None:
        return tool
    schema = function.get("parameters") or {"type": "object", "properties": {}}
    described = {"description": function["description"]} if function.get("description") else {}
    return {"name": function["name"], **described, "input_schema": schema}


def _usage(usage: Any) -> dict[str, int]:
    """Anthropic counts what it read from and wrote to its cache beside `input_tokens`."""
    cached = usage.cache_read_input_tokens or 0
    prompt = usage.input_tokens + cached + (usage.cache_creation_input_tokens or 0)
    return common_usage(prompt, usage.output_tokens, cached)
