"""Prompts in both dialects with something to cut: a repeated greeting, a long log, a tool with examples."""

from __future__ import annotations

from typing import Any

LOG = "\n".join(
    f"2026-03-01T10:00:{second % 60:02d}Z INFO worker heartbeat number {second} is fine"
    for second in range(900)
)
LOG += "\n2026-03-01T10:16:00Z ERROR database connection refused by db-3\n"
SCHEMA = {
    "type": "object",
    "title": "Read a log of a host",
    "properties": {
        "host": {"type": "string", "description": "The host. For example db-3.", "examples": ["db-1"]}
    },
    "required": ["host"],
}
DESCRIPTION = "Reads the log of a host. It can be long. Do not use it for metrics, ask the metrics tool."
QUESTION = "Which host refused the connection?"


def openai_request() -> dict[str, Any]:
    function = {"name": "read_log", "arguments": '{"host":"db-3"}'}
    return {
        "model": "gpt-4o",
        "messages": [
            {"role": "system", "content": "You answer in one line."},
            {"role": "user", "content": "Read the log, please."},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "call_1", "type": "function", "function": function}],
            },
            {"role": "tool", "tool_call_id": "call_1", "content": LOG},
            {"role": "user", "content": QUESTION},
        ],
        "tools": [
            {
                "type": "function",
                "function": {"name": "read_log", "description": DESCRIPTION, "parameters": SCHEMA},
            }
        ],
    }


def anthropic_request() -> dict[str, Any]:
    use = {"type": "tool_use", "id": "toolu_1", "name": "read_log", "input": {"host": "db-3"}}
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": LOG}
    return {
        "model": "claude-sonnet-5",
        "max_tokens": 100,
        "system": "You answer in one line.",
        "messages": [
            {"role": "user", "content": "Read the log, please."},
            {"role": "assistant", "content": [use]},
            {"role": "user", "content": [result]},
            {"role": "assistant", "content": "I have read it."},
            {"role": "user", "content": QUESTION},
        ],
        "tools": [{"name": "read_log", "description": DESCRIPTION, "input_schema": SCHEMA}],
    }
