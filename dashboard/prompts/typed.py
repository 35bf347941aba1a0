"""A template as it stands in the form, as texts, and back. What cannot be read stays the text that it is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from optimizer_app.playground.prompt import documents_of
from optimizer_app.prompts.errors import TextRefused
from optimizer_app.prompts.language import Reference, parsed
from optimizer_app.prompts.template import MAX_MESSAGES, Kind

STARTER: Mapping[str, Any] = {
    "dialect": "openai",
    "model": "",
    "parameters": {},
    "messages": [
        {"role": "system", "text": "You answer in one paragraph."},
        {"role": "user", "text": "{{ question }}"},
    ],
    "variables": [{"name": "question", "kind": "text", "example": "What is a prompt cache?"}],
    "marks_stable_part": False,
}
VARIABLE_FIELDS = ("kind", "choices", "default", "optional", "example", "description")
# What an optional variable is without a value.
EMPTY: Mapping[str, Any] = {Kind.TEXT: "", Kind.DOCUMENTS: []}


def content_of(typed: Mapping[str, str]) -> dict[str, Any]:
    """The template that the form's texts are; its variables are those that stand in its messages."""
    typed = {name: text.replace("\r\n", "\n") for name, text in typed.items()}
    messages = [
        {"role": typed.get(f"message-{number}-role", "user"), "text": typed[f"message-{number}-text"]}
        for number in range(MAX_MESSAGES)
        if f"message-{number}-text" in typed
    ]
    return {
        "dialect": typed.get("dialect", ""),
        "model": typed.get("model", "").strip(),
        "parameters": _parameters(typed.get("parameters", "")),
        "messages": messages,
        "variables": [_variable(name, typed) for name in _names(messages, typed)],
        "marks_stable_part": typed.get("marks_stable_part") == "on",
    }


def texts_of(content: Mapping[str, Any]) -> dict[str, str]:
    """The texts of the form that show the template."""
    texts = {
        "dialect": str(content.get("dialect", "")),
        "model": str(content.get("model", "")),
        "parameters": _json(content.get("parameters") or ""),
        "marks_stable_part": "on" if content.get("marks_stable_part") else "",
    }
    for number, message in enumerate(content.get("messages", [])):
        texts |= {f"message-{number}-{field}": message[field] for field in ("role", "text")}
    for variable in content.get("variables", []):
        name, kind = variable["name"], variable.get("kind", "text")
        texts |= {
            f"variable-{name}-kind": kind,
            f"variable-{name}-choices": "\n".join(variable.get("choices", [])),
            f"variable-{name}-description": variable.get("description", ""),
            f"variable-{name}-default": text_of_value(kind, variable.get("default")),
            f"variable-{name}-optional": "on" if variable.get("default") in ("", []) else "",
            f"variable-{name}-example": text_of_value(kind, variable.get("example")),
        }
    return texts


def text_of_value(kind: str, value: Any) -> str:
    """A value as somebody types it."""
    if value is None or isinstance(value, str):
        return value or ""
    if kind == Kind.DOCUMENTS and isinstance(value, list):
        return "\n---\n".join(_document(item) for item in value)
    return _json(value)


def value_of_text(kind: str, text: str) -> Any:
    """The value that a typed text is; None where nothing was typed."""
    if not text.strip():
        return None
    if kind == Kind.DOCUMENTS:
        return documents_of(text)
    if kind not in (Kind.NUMBER, Kind.JSON):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _names(messages: list[dict[str, str]], typed: Mapping[str, str]) -> Iterator[str]:
    """The variables in the messages, those of the form first; all of these while a message cannot be read."""
    fields = (name for name in typed if name.startswith("variable-") and name.endswith("-kind"))
    known = [name.removeprefix("variable-").removesuffix("-kind") for name in fields]
    found: dict[str, None] = {}
    for message in messages:
        try:
            parts = parsed(message["text"])
        except TextRefused:
            found |= dict.fromkeys(known)
            continue
        found |= dict.fromkeys(part.name for part in parts if isinstance(part, Reference))
    yield from sorted(found, key=lambda name: known.index(name) if name in known else len(known))


def _variable(name: str, typed: Mapping[str, str]) -> dict[str, Any]:
    given = {field: typed.get(f"variable-{name}-{field}", "") for field in VARIABLE_FIELDS}
    kind = given["kind"] or "text"
    lines = (line.strip() for line in given["choices"].splitlines())
    default = value_of_text(kind, given["default"])
    empty = EMPTY.get(kind) if given["optional"] == "on" else None
    return {
        "name": name,
        "kind": kind,
        "description": given["description"].strip(),
        "choices": [line for line in lines if line] if kind == Kind.CHOICE else [],
        "default": empty if default is None else default,
        "example": value_of_text(kind, given["example"]),
    }


def _parameters(text: str) -> Any:
    """The object that was typed, else the text, which is refused then."""
    if not text.strip():
        return {}
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _document(item: Any) -> str:
    if isinstance(item, dict):
        return "\n".join(str(item[name]) for name in ("title", "text") if item.get(name))
    return str(item)


def _json(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
