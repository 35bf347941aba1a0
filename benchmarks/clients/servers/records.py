"""The bodies of one session: as the client sent them, and as they reached the provider."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Body:
    """One request with a prompt; `path` tells its dialect."""

    path: str
    content: dict[str, Any]


def read_body(path: str, raw: bytes) -> Body | None:
    """None for what is no prompt, as a list of models."""
    if not path.endswith(("/chat/completions", "/messages", "/responses")):
        return None
    return Body(path, json.loads(raw))


def save(bodies: list[Body], path: Path) -> None:
    """One body a line, to be looked at afterwards."""
    lines = (json.dumps({"path": body.path, "body": body.content}, ensure_ascii=False) for body in bodies)
    path.write_text("".join(f"{line}\n" for line in lines))


def messages_of(body: Body) -> list[Any]:
    """The conversation in a body, whatever its dialect."""
    found = body.content.get("messages", body.content.get("input", []))
    return found if isinstance(found, list) else [found]


def tools_of(body: Body) -> list[dict[str, Any]]:
    return [_flat(tool) for tool in body.content.get("tools") or []]


def tool_names(body: Body) -> list[str]:
    return [tool["name"] for tool in tools_of(body) if tool.get("name")]


def _flat(tool: dict[str, Any]) -> dict[str, Any]:
    """A tool with name, description and schema at the top, as in Anthropic's and the Responses dialect."""
    inner = tool.get("function")
    return inner if isinstance(inner, dict) else tool
