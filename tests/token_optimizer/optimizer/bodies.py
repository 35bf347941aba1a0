"""Request bodies of all dialects, with every shape the tests need."""

from __future__ import annotations

import json
from typing import Any

LOG = "\n".join(
    f"2026-05-04T10:{minute:02d}:{second:02d}Z INFO scheduler tick {minute * 60 + second} "
    "finished, queue depth 3"
    for minute in range(12)
    for second in range(60)
)
LOG = LOG.replace(
    "2026-05-04T10:07:30Z INFO scheduler tick 450 finished, queue depth 3",
    "2026-05-04T10:07:30Z ERROR scheduler lost its lease on shard 19: timeout after 30 s",
)
ROWS = json.dumps(
    [{"id": n, "name": f"part {n}", "price": "12.50", "in_stock": n % 3 == 0} for n in range(60)], indent=2
)
TOOL = {
    "type": "function",
    "function": {
        "name": "read_log",
        "description": "Read a log file. Use this when the user asks what a service did. Returns text.",
        "parameters": {
            "type": "object",
            "title": "ReadLog",
            "properties": {
                "path": {
                    "type": "string",
                    "description": "Where the log lies. Absolute.",
                    "examples": ["/a"],
                },
                "lines": {"type": "integer", "minimum": 1, "description": "How many lines. Newest ones."},
            },
            "required": ["path"],
        },
    },
}


def openai_body() -> dict[str, Any]:
    """An agent run: system text, a question, a call with a long log as its result, a question on it."""
    return {
        "model": "gpt-4o",
        "temperature": 0.2,
        "messages": [
            {
                "role": "system",
                "content": "You are an operator. You MUST answer in one sentence.   \n\n\n\nBe kind.",
            },
            {"role": "user", "content": "Look at the scheduler's log."},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {
                        "id": "call_1",
                        "type": "function",
                        "function": {
                            "name": "read_log",
                            "arguments": '{"path": "/var/log/s.log",  "lines": 720}',
                        },
                    }
                ],
            },
            {"role": "tool", "tool_call_id": "call_1", "content": LOG},
            {"role": "assistant", "content": "I have read it."},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Why did shard 19 stop?"},
                    {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
                ],
            },
        ],
        "tools": [TOOL],
    }


def anthropic_body() -> dict[str, Any]:
    """The same run in Anthropic's shape, with thinking, cache marks and a tool result of rows."""
    return {
        "model": "claude-sonnet-4-5",
        "max_tokens": 300,
        "system": [{"type": "text", "text": "You are an operator.", "cache_control": {"type": "ephemeral"}}],
        "messages": [
            {"role": "user", "content": "List the parts."},
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "They want rows.", "signature": "c2ln"},
                    {"type": "text", "text": "I will look."},
                    {"type": "tool_use", "id": "toolu_1", "name": "parts", "input": {"limit": 60}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {
                        "type": "tool_result",
                        "tool_use_id": "toolu_1",
                        "content": [{"type": "text", "text": ROWS}],
                    },
                    {
                        "type": "text",
                        "text": "What does part 41 cost?",
                        "cache_control": {"type": "ephemeral"},
                    },
                ],
            },
        ],
        "tools": [{"name": "parts", "description": "Lists parts.", "input_schema": {"type": "object"}}],
    }


def responses_body() -> dict[str, Any]:
    """The same run as items of the Responses API, with reasoning, and calls of two kinds of tools."""
    return {
        "model": "gpt-5.4",
        "instructions": "You are an operator. You MUST answer in one sentence.",
        "input": [
            {"role": "user", "content": "Look at the scheduler's log."},
            {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "I read it."}]},
            {
                "type": "function_call",
                "id": "fc_1",
                "call_id": "call_1",
                "name": "read_log",
                "arguments": '{"path": "/var/log/s.log",  "lines": 720}',
            },
            {"type": "function_call_output", "call_id": "call_1", "output": LOG},
            {"type": "shell_call", "call_id": "call_2", "action": {"commands": ["ls parts"]}},
            {
                "type": "shell_call_output",
                "call_id": "call_2",
                "output": [{"stdout": ROWS, "stderr": "", "outcome": {"type": "exit", "exit_code": 0}}],
            },
            {
                "type": "message",
                "id": "msg_1",
                "role": "assistant",
                "content": [{"type": "output_text", "text": "I have read it.", "annotations": []}],
            },
            {
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "Why did shard 19 stop?"},
                    {"type": "input_image", "image_url": "data:image/png;base64,AAAA"},
                ],
            },
        ],
        "tools": [{"type": "function", "strict": False, **TOOL["function"]}],
    }
