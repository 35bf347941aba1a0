"""What a provider received, told in one way whatever its API, and read apart from the product's code."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Json = Mapping[str, Any]
# A part of a turn: what it is, and what it says.
Item = tuple[Any, ...]


@dataclass
class Sent:
    system: str = ""
    turns: list[tuple[str, list[Item]]] = field(default_factory=list)
    tools: list[tuple[str, str | None, Any]] = field(default_factory=list)
    strict: bool = False
    choice: str | None = None
    parallel: bool = True
    max_tokens: int | None = None
    stop: list[str] = field(default_factory=list)
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    seed: int | None = None
    schema: Any = None
    json: bool = False
    reasoning: Any = None
    user: str | None = None
    cache_marks: list[str] = field(default_factory=list)

    @property
    def items(self) -> list[Item]:
        """The parts of all turns."""
        return [item for _, items in self.turns for item in items]


def sent_to_openai(body: Json, _path: str) -> Sent:
    format = body.get("response_format") or {}
    sent = Sent(
        tools=[
            (tool["function"]["name"], tool["function"].get("description"), tool["function"]["parameters"])
            for tool in body.get("tools", [])
        ],
        strict=any(tool["function"].get("strict") for tool in body.get("tools", [])),
        choice=_openai_choice(body.get("tool_choice")),
        parallel=body.get("parallel_tool_calls", True),
        max_tokens=body.get("max_tokens"),
        stop=body.get("stop", []),
        temperature=body.get("temperature"),
        top_p=body.get("top_p"),
        seed=body.get("seed"),
        schema=(format.get("json_schema") or {}).get("schema"),
        json=bool(format),
        reasoning=body.get("reasoning_effort"),
        user=body.get("user"),
    )
    for message in body["messages"]:
        role, items = message["role"], _openai_items(message)
        if role == "system":
            sent.system = "\n".join(item[1] for item in items)
        else:
            sent.turns.append((role, items))
    return sent


def _openai_choice(choice: Any) -> str | None:
    return choice["function"]["name"] if isinstance(choice, dict) else choice


def _openai_items(message: Json) -> list[Item]:
    content = message.get("content") or []
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
    items = [_openai_item(part) for part in parts]
    if message["role"] == "tool":
        return [("result", message["tool_call_id"], "".join(item[1] for item in items))]
    calls = [(call["id"], call["function"]) for call in message.get("tool_calls", [])]
    return items + [
        ("call", identity, made["name"], json.loads(made["arguments"])) for identity, made in calls
    ]


def _openai_item(part: Json) -> Item:
    if part["type"] == "image_url":
        return _by_url("image", part["image_url"]["url"])
    if part["type"] == "file":
        return _by_url("document", part["file"]["file_data"])
    if part["type"] == "input_audio":
        return ("audio", part["input_audio"]["format"], part["input_audio"]["data"])
    return ("text", part["text"])


def _by_url(kind: str, url: str) -> Item:
    if not url.startswith("data:"):
        return (kind, "url", url)
    head, data = url.removeprefix("data:").split(";base64,")
    return (kind, head, data)


def sent_to_anthropic(body: Json, _path: str) -> Sent:
    config, choice = body.get("output_config") or {}, body.get("tool_choice") or {}
    sent = Sent(
        system="\n".join(block["text"] for block in body.get("system", [])),
        tools=[
            (tool["name"], tool.get("description"), tool["input_schema"]) for tool in body.get("tools", [])
        ],
        strict=any(tool.get("strict") for tool in body.get("tools", [])),
        choice=choice.get("name") or {"any": "required"}.get(choice.get("type"), choice.get("type")),
        parallel=not choice.get("disable_parallel_tool_use"),
        max_tokens=body["max_tokens"],
        stop=body.get("stop_sequences", []),
        temperature=body.get("temperature"),
        top_p=body.get("top_p"),
        top_k=body.get("top_k"),
        schema=(config.get("format") or {}).get("schema"),
        json="format" in config,
        reasoning=(body.get("thinking"), config.get("effort")),
        user=(body.get("metadata") or {}).get("user_id"),
    )
    for message in body["messages"]:
        sent.turns.append((message["role"], [_anthropic_item(block) for block in message["content"]]))
    holders = [*body.get("system", []), *(block for m in body["messages"] for block in m["content"])]
    marks = [block["cache_control"] for block in holders if "cache_control" in block]
    sent.cache_marks = [mark.get("ttl", "5m") for mark in marks]
    return sent


def _anthropic_item(block: Json) -> Item:
    match block["type"]:
        case "image" | "document":
            source = block["source"]
            if source["type"] == "url":
                return (block["type"], "url", source["url"])
            return (block["type"], source["media_type"], source["data"])
        case "tool_use":
            return ("call", block["id"], block["name"], block["input"])
        case "tool_result":
            inner = [_anthropic_item(part) for part in block["content"]]
            said = "".join(item[1] for item in inner if item[0] == "text")
            rest = [item for item in inner if item[0] != "text"]
            return ("result", block["tool_use_id"], said, *rest, *["error"] * block.get("is_error", False))
        case "thinking":
            return ("thinking", block["thinking"], block["signature"])
        case "redacted_thinking":
            return ("redacted", block["data"])
    return ("text", block["text"])


SENT: Mapping[str, Callable[[Json, str], Sent]] = {"openai": sent_to_openai, "anthropic": sent_to_anthropic}
