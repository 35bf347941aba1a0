"""Templates as somebody sends them."""

from __future__ import annotations

from itertools import takewhile
from typing import Any

RULES = "You answer the customers of a shop.\nYou MUST name the order.\n"
QUESTION = "Rules of the day follow.\n{{ documents }}\n\nIn a {{ tone }} tone: {{ question }}"


def content(**parts: Any) -> dict[str, Any]:
    """A template for chat completions with three variables, some of its parts replaced."""
    return {
        "dialect": "openai",
        "model": "gpt-4o",
        "parameters": {"temperature": 0},
        "messages": [{"role": "system", "text": RULES}, {"role": "user", "text": QUESTION}],
        "variables": [
            {"name": "documents", "kind": "documents", "default": []},
            {"name": "tone", "kind": "choice", "choices": ["formal", "friendly"], "default": "formal"},
            {"name": "question", "example": "Where is order 1007?"},
        ],
        **parts,
    }


def anthropic_content(**parts: Any) -> dict[str, Any]:
    claude = {"dialect": "anthropic", "model": "claude-opus-4-8", "parameters": {"max_tokens": 100}}
    return content(**{**claude, **parts})


def asks(text: str, *variables: dict[str, Any]) -> dict[str, Any]:
    """A template of one message."""
    return content(messages=[{"role": "user", "text": text}], variables=list(variables))


def shared_start(one: str, other: str) -> str:
    """How both texts begin."""
    same = takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    return "".join(first for first, _ in same)
