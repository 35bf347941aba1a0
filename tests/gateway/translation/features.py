"""The rows of the fidelity matrix: what callers ask for, and what has to come of it at every provider."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.provider.mock_provider import Reply, ToolCall

CALLERS = ("openai", "anthropic", "responses")
KINDS = ("openai", "anthropic", "gemini", "bedrock")
# A provider of the caller's own kind gets what came.
OWN = {"openai": "openai", "anthropic": "anthropic", "responses": "openai"}
PAIRS = [(caller, kind) for caller in CALLERS for kind in KINDS if OWN[caller] != kind]

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
PDF = "JVBERi0xLjQKJSVFT0YK"
LINK = "https://images.example/cat.png"
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
HI = [("user", [("text", "Hi.")])]
WEATHER = ToolCall("weather", '{"city":"Rome"}')
TIME = ToolCall("time", "{}")

Request = Mapping[str, Any]


@dataclass(frozen=True)
class Feature:
    """One row. `asks`: the fields of each dialect's request beside model and question; a dialect that is not
    named has no word for it. `sent` and `answered`: attributes of what the provider received and of what the
    caller got, for all or by the name of the kind or dialect.

    By kind, `refused` has the field that the refusal names in each dialect, and `left_out` what is not sent;
    `without` says why there is nothing of it at a kind.
    """

    name: str
    asks: Mapping[str, Request]
    reply: Reply = field(default_factory=Reply)
    sent: Mapping[str, Any] = field(default_factory=dict)
    answered: Mapping[str, Any] = field(default_factory=dict)
    refused: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    left_out: Mapping[str, Any] = field(default_factory=dict)
    without: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name.replace(" ", "-")


def of(expected: Any, name: str) -> Any:
    """What is expected of one kind or dialect."""
    if isinstance(expected, dict) and expected.keys() & {*CALLERS, *KINDS}:
        return expected.get(name)
    return expected


def same(**fields: Any) -> dict[str, Request]:
    """Fields that all dialects have in common."""
    return dict.fromkeys(CALLERS, fields)


def said(openai: Any, anthropic: Any, responses: Any) -> dict[str, Request]:
    """A content of the user's, as each dialect has it."""
    return {
        "openai": {"messages": [{"role": "user", "content": openai}]},
        "anthropic": {"messages": [{"role": "user", "content": anthropic}]},
        "responses": {"input": [{"role": "user", "content": responses}]},
    }


def image(url: str, anthropic_source: Request) -> dict[str, Request]:
    return said(
        [{"type": "text", "text": "What?"}, {"type": "image_url", "image_url": {"url": url}}],
        [{"type": "text", "text": "What?"}, {"type": "image", "source": anthropic_source}],
        [
            {"type": "input_text", "text": "What?"},
            {"type": "input_image", "image_url": url, "detail": "auto"},
        ],
    )


def tools(*names: str) -> dict[str, dict[str, Any]]:
    openai = [{"name": name, "description": f"Tells the {name}.", "parameters": SCHEMA} for name in names]
    anthropic = [
        {"name": name, "description": f"Tells the {name}.", "input_schema": SCHEMA} for name in names
    ]
    return {
        "openai": {"tools": [{"type": "function", "function": tool} for tool in openai]},
        "anthropic": {"tools": anthropic},
        "responses": {"tools": [{"type": "function", "strict": False, **tool} for tool in openai]},
    }


def and_also(first: Mapping[str, Request], **more: Request) -> dict[str, Request]:
    """The same requests with more fields, by dialect."""
    return {caller: {**first[caller], **more[caller]} for caller in more}


def after_calls(anthropic_result: Any, openai_result: str, responses_output: Any) -> dict[str, Request]:
    """Conversations in which two calls at once were answered."""
    asked = {"role": "user", "content": "Rome?"}
    weather, clock = {"city": "Rome"}, {}
    chat = [
        asked,
        {
            "role": "assistant",
            "content": "I look.",
            "tool_calls": [
                {
                    "id": "c1",
                    "type": "function",
                    "function": {"name": "weather", "arguments": '{"city":"Rome"}'},
                },
                {"id": "c2", "type": "function", "function": {"name": "time", "arguments": "{}"}},
            ],
        },
        {"role": "tool", "tool_call_id": "c1", "content": openai_result},
        {"role": "tool", "tool_call_id": "c2", "content": "noon"},
    ]
    messages = [
        asked,
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "I look."},
                {"type": "tool_use", "id": "c1", "name": "weather", "input": weather},
                {"type": "tool_use", "id": "c2", "name": "time", "input": clock},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "c1", "content": anthropic_result},
                {"type": "tool_result", "tool_use_id": "c2", "content": "noon"},
            ],
        },
    ]
    items = [
        asked,
        {"role": "assistant", "content": "I look."},
        {"type": "function_call", "call_id": "c1", "name": "weather", "arguments": '{"city":"Rome"}'},
        {"type": "function_call", "call_id": "c2", "name": "time", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": responses_output},
        {"type": "function_call_output", "call_id": "c2", "output": "noon"},
    ]
    offered = tools("weather", "time")
    return and_also(
        offered, openai={"messages": chat}, anthropic={"messages": messages}, responses={"input": items}
    )


CALLED = [("text", "I look."), ("call", "c1", "weather", {"city": "Rome"}), ("call", "c2", "time", {})]
OFFERED = [(name, f"Tells the {name}.", SCHEMA) for name in ("weather", "time")]
FINISH = {
    "stop": {"openai": "stop", "anthropic": "end_turn", "responses": "completed"},
    "calls": {"openai": "tool_calls", "anthropic": "tool_use", "responses": "completed"},
    "length": {"openai": "length", "anthropic": "max_tokens", "responses": "max_output_tokens"},
    "refusal": {"openai": "content_filter", "anthropic": "refusal", "responses": "content_filter"},
}

FEATURES = [
    Feature(
        "texts and usage",
        same(),
        Reply(text="Four, in a stream.", prompt_tokens=9),
        sent={"turns": HI},
        answered={"text": "Four, in a stream.", "finish": FINISH["stop"], "usage": (9, 0, 0, 4, 0)},
    ),
    Feature(
        "system",
        {
            "openai": {
                "messages": [
                    {"role": "system", "content": "Be brief."},
                    {"role": "developer", "content": "Be kind."},
                    {"role": "user", "content": "Hi."},
                ]
            },
            "anthropic": {
                "system": [{"type": "text", "text": "Be brief."}, {"type": "text", "text": "Be kind."}]
            },
            "responses": {
                "instructions": "Be brief.",
                "input": [{"role": "developer", "content": "Be kind."}, {"role": "user", "content": "Hi."}],
            },
        },
        sent={"system": "Be brief.\nBe kind.", "turns": HI},
    ),
    Feature(
        "images",
        image(
            f"data:image/png;base64,{PIXEL}",
            {"type": "base64", "media_type": "image/png", "data": PIXEL},
        ),
        sent={"items": [("text", "What?"), ("image", "image/png", PIXEL)]},
    ),
    Feature(
        "images by URL",
        image(LINK, {"type": "url", "url": LINK}),
        sent={"items": [("text", "What?"), ("image", "url", LINK)]},
        refused={
            "bedrock": {
                "openai": "messages[0].content[1].image_url.url",
                "anthropic": "messages[0].content[1].source.url",
                "responses": "input[0].content[1].image_url",
            }
        },
    ),
    Feature(
        "PDF documents",
        said(
            [
                {
                    "type": "file",
                    "file": {"filename": "a.pdf", "file_data": f"data:application/pdf;base64,{PDF}"},
                }
            ],
            [
                {
                    "type": "document",
                    "title": "a.pdf",
                    "source": {"type": "base64", "media_type": "application/pdf", "data": PDF},
                }
            ],
            [{"type": "input_file", "filename": "a.pdf", "file_data": f"data:application/pdf;base64,{PDF}"}],
        ),
        sent={"items": [("document", "application/pdf", PDF)]},
    ),
    Feature(
        "tools and parallel calls",
        tools("weather", "time"),
        Reply(text="I look.", tool_calls=(WEATHER, TIME)),
        sent={"tools": OFFERED},
        answered={
            "text": "I look.",
            "calls": [("weather", {"city": "Rome"}), ("time", {})],
            "finish": FINISH["calls"],
        },
    ),
    Feature(
        "tool choice: one tool",
        and_also(
            tools("weather", "time"),
            openai={"tool_choice": {"type": "function", "function": {"name": "time"}}},
            anthropic={"tool_choice": {"type": "tool", "name": "time"}},
            responses={"tool_choice": {"type": "function", "name": "time"}},
        ),
        sent={"tools": OFFERED, "choice": "time"},
    ),
    Feature(
        "tool choice: any tool",
        and_also(
            tools("weather", "time"),
            openai={"tool_choice": "required"},
            anthropic={"tool_choice": {"type": "any"}},
            responses={"tool_choice": "required"},
        ),
        sent={"choice": "required"},
    ),
    Feature(
        "tool choice: none",
        and_also(
            tools("weather", "time"),
            openai={"tool_choice": "none"},
            anthropic={"tool_choice": {"type": "none"}},
            responses={"tool_choice": "none"},
        ),
        sent={
            "choice": {"openai": "none", "anthropic": "none", "gemini": "none"},
            # It has no word for it, so that no tool is offered.
            "tools": {"bedrock": []},
        },
    ),
    Feature(
        "one call at a time",
        and_also(
            tools("weather", "time"),
            openai={"parallel_tool_calls": False},
            anthropic={"tool_choice": {"type": "auto", "disable_parallel_tool_use": True}},
            responses={"parallel_tool_calls": False},
        ),
        sent={"parallel": False},
        refused={
            kind: {
                "openai": "parallel_tool_calls",
                "anthropic": "tool_choice.disable_parallel_tool_use",
                "responses": "parallel_tool_calls",
            }
            for kind in ("gemini", "bedrock")
        },
    ),
    Feature(
        "tool results",
        after_calls("sunny", "sunny", "sunny"),
        sent={
            "items": [
                ("text", "Rome?"),
                *CALLED,
                ("result", "c1", "sunny"),
                ("result", "c2", "noon"),
            ]
        },
    ),
    Feature(
        "images in tool results",
        {
            name: request
            for name, request in after_calls(
                [
                    {"type": "text", "text": "sunny"},
                    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}},
                ],
                "",
                [
                    {"type": "input_text", "text": "sunny"},
                    {"type": "input_image", "image_url": f"data:image/png;base64,{PIXEL}", "detail": "auto"},
                ],
            ).items()
            if name != "openai"
        },
        sent={
            "items": {
                **{
                    kind: [
                        ("text", "Rome?"),
                        *CALLED,
                        ("result", "c1", "sunny", ("image", "image/png", PIXEL)),
                        ("result", "c2", "noon"),
                    ]
                    for kind in ("anthropic", "gemini", "bedrock")
                },
                "openai": [
                    ("text", "Rome?"),
                    *CALLED,
                    ("result", "c1", "sunny"),
                    ("result", "c2", "noon"),
                    ("text", "[of the result of c1]"),
                    ("image", "image/png", PIXEL),
                ],
            }
        },
    ),
    Feature(
        "failed tool results",
        {
            "anthropic": and_also(
                tools("weather"),
                anthropic={
                    "messages": [
                        {"role": "user", "content": "Rome?"},
                        {
                            "role": "assistant",
                            "content": [{"type": "tool_use", "id": "c1", "name": "weather", "input": {}}],
                        },
                        {
                            "role": "user",
                            "content": [
                                {
                                    "type": "tool_result",
                                    "tool_use_id": "c1",
                                    "content": "no",
                                    "is_error": True,
                                }
                            ],
                        },
                    ]
                },
            )["anthropic"]
        },
        sent={
            "items": {
                "openai": [("text", "Rome?"), ("call", "c1", "weather", {}), ("result", "c1", "no")],
                **{
                    kind: [("text", "Rome?"), ("call", "c1", "weather", {}), ("result", "c1", "no", "error")]
                    for kind in ("gemini", "bedrock")
                },
            }
        },
        left_out={"openai": "is_error"},
    ),
    Feature(
        "thinking in answers",
        same(),
        Reply(text="Four.", thinking="Two and two."),
        answered={"text": "Four.", "thinking": "Two and two."},
    ),
    Feature(
        "effort of reasoning",
        {
            "openai": {"reasoning_effort": "medium"},
            "anthropic": {"thinking": {"type": "adaptive"}, "output_config": {"effort": "medium"}},
            "responses": {"reasoning": {"effort": "medium"}},
        },
        sent={
            "reasoning": {
                "openai": "medium",
                "anthropic": ({"type": "adaptive"}, "medium"),
                "gemini": {"thinkingLevel": "MEDIUM", "includeThoughts": True},
                "bedrock": (None, "medium"),
            }
        },
    ),
    Feature(
        "tokens of thinking",
        {"anthropic": {"thinking": {"type": "enabled", "budget_tokens": 8192}}},
        sent={
            "reasoning": {
                "openai": "medium",
                "gemini": {"thinkingBudget": 8192, "includeThoughts": True},
            }
        },
        refused={"bedrock": {"anthropic": "thinking"}},
    ),
    Feature(
        "most tokens of the answer",
        {
            "openai": {"max_completion_tokens": 77},
            "anthropic": {"max_tokens": 77},
            "responses": {"max_output_tokens": 77},
        },
        Reply(text="Four", finish_reason="LENGTH"),
        sent={"max_tokens": 77},
        answered={"finish": FINISH["length"]},
    ),
    Feature(
        "stop sequences",
        {"openai": {"stop": ["END", "."]}, "anthropic": {"stop_sequences": ["END", "."]}},
        sent={"stop": ["END", "."]},
    ),
    Feature(
        "temperature and top_p",
        {
            "openai": {"temperature": 0.25, "top_p": 0.5},
            "anthropic": {"extra_body": {"temperature": 0.25, "top_p": 0.5}},
            "responses": {"temperature": 0.25, "top_p": 0.5},
        },
        sent={"temperature": 0.25, "top_p": 0.5},
    ),
    Feature(
        "top_k",
        {"openai": {"extra_body": {"top_k": 7}}, "anthropic": {"extra_body": {"top_k": 7}}},
        sent={"top_k": 7},
        refused={
            "openai": {"anthropic": "top_k"},
            "bedrock": {"anthropic": "top_k", "openai": "top_k"},
        },
    ),
    Feature(
        "seed",
        {"openai": {"seed": 7}},
        sent={"seed": 7},
        refused={"anthropic": {"openai": "seed"}, "bedrock": {"openai": "seed"}},
    ),
    Feature(
        "JSON by a schema",
        {
            "openai": {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": "place", "schema": SCHEMA, "strict": True},
                }
            },
            "anthropic": {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}},
            "responses": {
                "text": {"format": {"type": "json_schema", "name": "place", "schema": SCHEMA, "strict": True}}
            },
        },
        Reply(text='{"city":"Rome"}'),
        sent={"schema": SCHEMA},
        answered={"text": '{"city":"Rome"}'},
    ),
    Feature(
        "JSON without a schema",
        {
            "openai": {"response_format": {"type": "json_object"}},
            "responses": {"text": {"format": {"type": "json_object"}}},
        },
        Reply(text='{"city":"Rome"}'),
        sent={"json": True},
        refused={
            kind: {"openai": "response_format", "responses": "text.format"}
            for kind in ("anthropic", "bedrock")
        },
    ),
    Feature(
        "log probabilities",
        {"openai": {"logprobs": True}, "responses": {"top_logprobs": 2}},
        refused={kind: {"openai": "logprobs", "responses": "top_logprobs"} for kind in KINDS},
    ),
    Feature(
        "tools of the provider",
        {
            "openai": {"web_search_options": {}},
            "anthropic": {"tools": [{"type": "web_search_20250305", "name": "web_search"}]},
            "responses": {"tools": [{"type": "web_search"}]},
        },
        refused={
            kind: {
                "openai": "web_search_options",
                "anthropic": "tools[0].type",
                "responses": "tools[0].type",
            }
            for kind in KINDS
        },
    ),
    Feature(
        "the end user's id",
        {"openai": {"user": "u1"}, "anthropic": {"metadata": {"user_id": "u1"}}, "responses": {"user": "u1"}},
        sent={"user": {"openai": "u1", "anthropic": "u1"}},
        left_out={
            kind: {"openai": "user", "anthropic": "metadata.user_id", "responses": "user"}
            for kind in ("gemini", "bedrock")
        },
    ),
    Feature(
        "marks for the cache",
        {
            "openai": {
                "messages": [
                    {
                        "role": "user",
                        "content": [
                            {"type": "text", "text": "Hi.", "prompt_cache_breakpoint": {"mode": "explicit"}}
                        ],
                    }
                ]
            },
            "anthropic": {
                "messages": [
                    {
                        "role": "user",
                        "content": [
                            {
                                "type": "text",
                                "text": "Hi.",
                                "cache_control": {"type": "ephemeral", "ttl": "1h"},
                            }
                        ],
                    }
                ]
            },
        },
        sent={
            "turns": HI,
            "cache_marks": {"openai": [], "anthropic": ["1h"], "gemini": [], "bedrock": ["1h"]},
        },
        left_out={"openai": "cache_control", "gemini": "cache_control"},
    ),
    Feature(
        "usage: read from the cache",
        same(),
        Reply(text="Four.", prompt_tokens=100, cached_tokens=60),
        answered={"usage": (100, 60, 0, 1, 0)},
    ),
    Feature(
        "usage: written to the cache",
        same(),
        Reply(text="Four.", prompt_tokens=100, cached_tokens=60, cache_write_tokens=30),
        answered={"usage": (100, 60, 30, 1, 0)},
        without={"gemini": "it bills no writes"},
    ),
    Feature(
        "usage: reasoning",
        same(),
        Reply(text="Four.", prompt_tokens=100, reasoning_tokens=1),
        answered={"usage": (100, 0, 0, 1, 1)},
        without={"bedrock": "it does not tell"},
    ),
    Feature(
        "refusals",
        same(),
        Reply(text="No.", finish_reason="REFUSAL"),
        answered={"text": "No.", "finish": FINISH["refusal"]},
    ),
]
