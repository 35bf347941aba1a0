"""Conversations in which a tool has answered with a long log, in each dialect: most of it is cut."""

from __future__ import annotations

from typing import Any

from tests.gateway.prompts import CLAUDE, MODEL

QUESTION = "Why did order 1007 fail?"
# Said in the middle of what is cut.
NEEDLE = "took order 640 in 0.040 s"
LOG = "\n".join(
    [
        *(
            f"2026-11-01 10:{n // 60:02}:{n % 60:02} INFO worker {n % 9} took order {n} in 0.0{n % 50:02} s"
            for n in range(900)
        ),
        "2026-11-01 10:59:59 ERROR order 1007 failed: card declined",
    ]
)
SCHEMA = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}


def chat() -> dict[str, Any]:
    call = {"id": "call_1", "type": "function", "function": {"name": "read_log", "arguments": "{}"}}
    function = {"name": "read_log", "description": "Reads a log.", "parameters": SCHEMA}
    return {
        "model": MODEL,
        "messages": [
            {"role": "user", "content": QUESTION},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "call_1", "content": LOG},
        ],
        "tools": [{"type": "function", "function": function}],
    }


def messages() -> dict[str, Any]:
    call = {"type": "tool_use", "id": "toolu_1", "name": "read_log", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": LOG}
    return {
        "model": CLAUDE,
        "max_tokens": 100,
        "messages": [
            {"role": "user", "content": QUESTION},
            {"role": "assistant", "content": [call]},
            {"role": "user", "content": [result]},
        ],
        "tools": [{"name": "read_log", "description": "Reads a log.", "input_schema": SCHEMA}],
    }


def responses() -> dict[str, Any]:
    call = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "read_log", "arguments": "{}"}
    return {
        "model": MODEL,
        "store": False,
        "input": [
            {"role": "user", "content": QUESTION},
            call,
            {"type": "function_call_output", "call_id": "call_1", "output": LOG},
        ],
        "tools": [
            {
                "type": "function",
                "name": "read_log",
                "description": "Reads a log.",
                "parameters": SCHEMA,
                "strict": False,
            }
        ],
    }
