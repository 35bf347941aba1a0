"""Prompts with something to cut, and something that must stay."""

from __future__ import annotations

import json
from typing import Any

MODEL = "gpt-4o"
CLAUDE = "claude-opus-4-8"
QUESTION = "Which order failed, and what is the total of order 1007?"

ORDERS = json.dumps(
    [
        {"id": 1000 + number, "customer": f"Müller {number}", "total": f"{number}.50", "note": None}
        for number in range(60)
    ],
    indent=4,
    ensure_ascii=False,
)
HI: list[Any] = [{"role": "user", "content": "Say hi."}]

TOOL = {
    "type": "object",
    "properties": {"path": {"type": "string", "description": "The path. For example: src/app.py"}},
    "required": ["path"],
}
OPENAI_TOOLS: list[Any] = [
    {
        "type": "function",
        "function": {"name": "read_file", "description": "Reads a file.", "parameters": TOOL},
    }
]
ANTHROPIC_TOOLS: list[Any] = [{"name": "read_file", "description": "Reads a file.", "input_schema": TOOL}]


def openai_agent() -> list[Any]:
    """A conversation in which a tool has answered with a long JSON."""
    call = {"id": "call_1", "type": "function", "function": {"name": "orders", "arguments": "{}"}}
    return [
        {"role": "system", "content": "You are a clerk. You MUST name the order."},
        {"role": "user", "content": "List the orders."},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": ORDERS},
        {"role": "assistant", "content": "Here they are."},
        {"role": "user", "content": QUESTION},
    ]


def anthropic_agent() -> list[Any]:
    call = {"type": "tool_use", "id": "toolu_1", "name": "orders", "input": {}}
    return [
        {"role": "user", "content": "List the orders."},
        {"role": "assistant", "content": [call]},
        {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": ORDERS}],
        },
        {"role": "assistant", "content": "Here they are."},
        {"role": "user", "content": QUESTION},
    ]


def long_chat(turns: int) -> list[Any]:
    """Some 45 tokens a turn."""
    messages = []
    for turn in range(turns):
        question = f"What was decided about item {turn} on the list of {turn + 100} items, and by whom?"
        messages.append({"role": "user", "content": question})
        messages.append({"role": "assistant", "content": f"Item {turn} was put off until week {turn % 52}."})
    return [*messages, {"role": "user", "content": QUESTION}]
