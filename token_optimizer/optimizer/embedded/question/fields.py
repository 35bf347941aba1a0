"""Finds what a message asks that is one JSON object, as programs write them.

Before: {"question": "Who built it?", "contexts": ["...", "..."]}
After:  Who built it?
"""

from __future__ import annotations

import json
import re

from token_optimizer.optimizer.embedded.question.asking import MAX_ASKING_CHARS, Role, role_of_name

# Where a question stands among the members: not far from the object's beginning or its end.
_EDGE_CHARS = 2_000
_STRING = r'"(?:[^"\\]|\\.)*+"'
_MEMBER = re.compile(rf'"(?P<name>[\w -]{{1,40}})"\s*:\s*(?P<value>{_STRING})', re.DOTALL)
_STRINGS = re.compile(_STRING, re.DOTALL)


def question_in_json(text: str) -> str:
    """The text of the member that is named a question, else of one that is named an instruction; empty where
    the text is no JSON object, or has no such member."""
    bare = text.strip()
    if not (bare.startswith("{") and bare.endswith("}")):
        return ""
    found: dict[Role, str] = {}
    for match in _MEMBER.finditer(bare):
        start, end = match.span()
        is_near = start < _EDGE_CHARS or len(bare) - end < _EDGE_CHARS
        role = role_of_name(match["name"]) if is_near and end - start <= MAX_ASKING_CHARS else Role.NONE
        is_asking = role in (Role.QUESTION, Role.INSTRUCTION) and role not in found
        if is_asking and _is_outermost(bare, start, end):
            found[role] = _unquoted(match["value"])
    return found.get(Role.QUESTION) or found.get(Role.INSTRUCTION, "")


def _is_outermost(text: str, start: int, end: int) -> bool:
    """Whether the member is one of the object itself, by the brackets on its nearer side."""
    is_before = start < _EDGE_CHARS
    beside = _STRINGS.sub("", text[:start] if is_before else text[end:])
    opened = sum(map(beside.count, "{[")) - sum(map(beside.count, "}]"))
    return opened == (1 if is_before else -1)


def _unquoted(value: str) -> str:
    try:
        return str(json.loads(value, strict=False))
    except ValueError:
        return value[1:-1]
