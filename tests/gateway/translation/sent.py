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


def sent_to_gemini(body: Json, _path: str) -> Sent:
    config = body.get("generationConfig", {})
    calling = (body.get("toolConfig") or {}).get("functionCallingConfig", {})
    declared = [tool for holder in body.get("tools", []) for tool in holder["functionDeclarations"]]
    mode = {"ANY": "required", "NONE": "none"}.get(calling.get("mode"))
    sent = Sent(
        system="\n".join(part["text"] for part in body.get("systemInstruction", {"parts": []})["parts"]),
        tools=[(tool["name"], tool.get("description"), tool["parametersJsonSchema"]) for tool in declared],
        strict=calling.get("mode") == "VALIDATED",
        choice=calling.get("allowedFunctionNames", [mode])[0],
        max_tokens=config.get("maxOutputTokens"),
        stop=config.get("stopSequences", []),
        temperature=config.get("temperature"),
        top_p=config.get("topP"),
        top_k=config.get("topK"),
        seed=config.get("seed"),
        schema=config.get("responseJsonSchema"),
        json=config.get("responseMimeType") == "application/json",
        reasoning=config.get("thinkingConfig"),
    )
    for content in body["contents"]:
        items = [_gemini_item(part) for part in content["parts"]]
        sent.turns.append(({"model": "assistant"}.get(content["role"], content["role"]), items))
    return sent


def _gemini_item(part: Json) -> Item:
    if "inlineData" in part or "fileData" in part:
        data = part.get("inlineData") or part["fileData"]
        kind = "image" if data["mimeType"].startswith("image/") else "document"
        return (kind, data["mimeType"], data["data"]) if "data" in data else (kind, "url", data["fileUri"])
    signed = [part["thoughtSignature"]] if "thoughtSignature" in part else []
    if "functionCall" in part:
        call = part["functionCall"]
        return ("call", call["id"], call["name"], call["args"], *signed)
    if "functionResponse" in part:
        result = part["functionResponse"]
        said = result["response"].get("output", result["response"].get("error"))
        rest = [_gemini_item(inner) for inner in result.get("parts", [])]
        return ("result", result["id"], said, *rest, *["error"] * ("error" in result["response"]))
    return ("text", part["text"], *signed)


def sent_to_bedrock(body: Json, _path: str) -> Sent:
    inference, config = body.get("inferenceConfig", {}), body.get("outputConfig", {})
    tools, fields = body.get("toolConfig") or {}, body.get("additionalModelRequestFields", {})
    specs = [tool["toolSpec"] for tool in tools.get("tools", []) if "toolSpec" in tool]
    choice = tools.get("toolChoice", {})
    schema = (config.get("textFormat") or {}).get("structure", {}).get("jsonSchema")
    sent = Sent(
        system="\n".join(block["text"] for block in body.get("system", []) if "text" in block),
        tools=[(spec["name"], spec.get("description"), spec["inputSchema"]["json"]) for spec in specs],
        strict=any(spec.get("strict") for spec in specs),
        choice=choice["tool"]["name"] if "tool" in choice else "required" if "any" in choice else None,
        max_tokens=inference.get("maxTokens"),
        stop=inference.get("stopSequences", []),
        temperature=inference.get("temperature"),
        top_p=inference.get("topP"),
        top_k=fields.get("top_k"),
        schema=json.loads(schema["schema"]) if schema else None,
        json=schema is not None,
        reasoning=(fields.get("thinking"), config.get("effort")),
    )
    for message in body["messages"]:
        blocks = [block for block in message["content"] if "cachePoint" not in block]
        sent.turns.append((message["role"], [_bedrock_item(block) for block in blocks]))
    holders = [*body.get("system", []), *(block for m in body["messages"] for block in m["content"])]
    sent.cache_marks = [one["cachePoint"].get("ttl", "5m") for one in holders if "cachePoint" in one]
    return sent


def _bedrock_item(block: Json) -> Item:
    match list(block):
        case ["image"]:
            return ("image", f"image/{block['image']['format']}", block["image"]["source"]["bytes"])
        case ["document"]:
            document = block["document"]
            return ("document", f"application/{document['format']}", document["source"]["bytes"])
        case ["toolUse"]:
            call = block["toolUse"]
            return ("call", call["toolUseId"], call["name"], call["input"])
        case ["toolResult"]:
            result = block["toolResult"]
            inner = [_bedrock_item(part) for part in result["content"]]
            said = "".join(item[1] for item in inner if item[0] == "text")
            rest = [item for item in inner if item[0] != "text"]
            return (
                "result",
                result["toolUseId"],
                said,
                *rest,
                *["error"] * (result.get("status") == "error"),
            )
        case ["reasoningContent"]:
            thought = block["reasoningContent"]["reasoningText"]
            return ("thinking", thought["text"], thought["signature"])
    return ("text", block["text"])


SENT: Mapping[str, Callable[[Json, str], Sent]] = {
    "openai": sent_to_openai,
    "anthropic": sent_to_anthropic,
    "gemini": sent_to_gemini,
    "bedrock": sent_to_bedrock,
}
