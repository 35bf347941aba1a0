"""What differs between two states of a template, by part."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

PARTS = ("dialect", "model", "parameters", "messages", "variables", "marks_stable_part")


def changed_parts(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The parts that differ."""
    return [part for part in PARTS if before.get(part) != after.get(part)]


def merged(base: Mapping[str, Any], own: Mapping[str, Any], others: Mapping[str, Any]) -> dict[str, Any]:
    """What others made of `base`, with the parts that were changed in one's own in place of theirs."""
    return {**others, **{part: own[part] for part in changed_parts(base, own) if part in own}}


def as_text(content: Mapping[str, Any]) -> str:
    """A whole template to read, and to compare with another one."""
    lines = [f"{content.get('dialect', '')} {content.get('model', '')}".strip()]
    lines += [f"{name} = {_json(value)}" for name, value in sorted(_parameters(content).items())]
    if content.get("marks_stable_part"):
        lines.append("the stable part is marked for Anthropic's cache")
    for message in content.get("messages", []):
        lines += ["", f"--- {message['role']}", message["text"]]
    if variables := content.get("variables"):
        lines += ["", "--- variables", *map(_variable, variables)]
    return "\n".join(lines) + "\n"


def _parameters(content: Mapping[str, Any]) -> Mapping[str, Any]:
    found = content.get("parameters")
    return found if isinstance(found, Mapping) else {"parameters": found}


def _variable(variable: Mapping[str, Any]) -> str:
    told = [f"{variable['name']}: {variable.get('kind', '')}"]
    if choices := variable.get("choices"):
        told.append("of " + " | ".join(choices))
    given = [name for name in ("default", "example") if variable.get(name) is not None]
    told += [f"{name} {_json(variable[name])}" for name in given]
    return ", ".join(filter(None, [*told, variable.get("description")]))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
