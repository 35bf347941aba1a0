"""What the official SDKs make of the gateway's answers, told in one way whatever the dialect."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from openai.lib.streaming.chat import ChatCompletionStreamState

from tests.gateway.accounts import Account

OFF = {"X-Optimizer-Mode": "off"}


@dataclass
class Answered:
    """`usage`: input with what went through the cache, what was read there, written, output, thinking."""

    text: str = ""
    thinking: str = ""
    calls: list[tuple[str, Any]] = field(default_factory=list)
    finish: str | None = None
    usage: tuple[int, int, int, int, int] = (0, 0, 0, 0, 0)
    # What the caller sends back on the next turn.
    turn: list[Any] = field(default_factory=list)
    left_out: str = ""


def ask(account: Account, dialect: str, request: dict[str, Any], *, stream: bool) -> Answered:
    """The answer to a request, by the SDK of the dialect; its errors are the SDK's."""
    asked = {"openai": _chat, "anthropic": _messages, "responses": _responses}[dialect]
    return asked(account, request, stream)


def _chat(account: Account, request: dict[str, Any], stream: bool) -> Answered:
    completions = account.openai.chat.completions
    if stream:
        options = {"include_usage": True}
        events = completions.create(**request, stream=True, stream_options=options, extra_headers=OFF)
        state: Any = ChatCompletionStreamState()
        for event in events:
            state.handle_chunk(event)
        answer, headers = state.current_completion_snapshot, events.response.headers
    else:
        raw = completions.with_raw_response.create(**request, extra_headers=OFF)
        answer, headers = raw.parse(), raw.headers
    message, usage = answer.choices[0].message, answer.usage
    sent, made = usage.prompt_tokens_details, usage.completion_tokens_details
    turn = message.model_dump(exclude_none=True)
    for call in turn.get("tool_calls", []):
        call["function"].pop("parsed_arguments", None)
    return Answered(
        text=message.content or "",
        thinking=turn.get("reasoning_content", ""),
        calls=[
            (call.function.name, json.loads(call.function.arguments)) for call in message.tool_calls or []
        ],
        finish=answer.choices[0].finish_reason,
        usage=(
            usage.prompt_tokens,
            sent.cached_tokens or 0,
            sent.cache_write_tokens or 0,
            usage.completion_tokens,
            made.reasoning_tokens or 0,
        ),
        turn=[turn],
        left_out=headers.get("x-optimizer-left-out", ""),
    )


def _messages(account: Account, request: dict[str, Any], stream: bool) -> Answered:
    messages = account.anthropic.messages
    if stream:
        with messages.stream(**request, extra_headers=OFF) as events:
            answer: Any = events.get_final_message()
            headers = events.response.headers
    else:
        raw = messages.with_raw_response.create(**request, extra_headers=OFF)
        answer, headers = raw.parse(), raw.headers
    usage = answer.usage
    read, written = usage.cache_read_input_tokens or 0, usage.cache_creation_input_tokens or 0
    thought = usage.output_tokens_details
    return Answered(
        text="".join(block.text for block in answer.content if block.type == "text"),
        thinking="".join(block.thinking for block in answer.content if block.type == "thinking"),
        calls=[(block.name, block.input) for block in answer.content if block.type == "tool_use"],
        finish=answer.stop_reason,
        usage=(
            usage.input_tokens + read + written,
            read,
            written,
            usage.output_tokens,
            thought.thinking_tokens if thought else 0,
        ),
        turn=[{"role": "assistant", "content": [_as_sent_back(block) for block in answer.content]}],
        left_out=headers.get("x-optimizer-left-out", ""),
    )


def _as_sent_back(block: Any) -> dict[str, Any]:
    return {
        name: value for name, value in block.model_dump(exclude_none=True).items() if name != "parsed_output"
    }


def _responses(account: Account, request: dict[str, Any], stream: bool) -> Answered:
    responses = account.openai.responses
    if stream:
        events = responses.create(**request, stream=True, extra_headers=OFF)
        *_, last = events
        answer, headers = last.response, events.response.headers
    else:
        raw = responses.with_raw_response.create(**request, extra_headers=OFF)
        answer, headers = raw.parse(), raw.headers
    usage = answer.usage
    thoughts = [part.text for item in answer.output if item.type == "reasoning" for part in item.summary]
    calls = [item for item in answer.output if item.type == "function_call"]
    reason = answer.incomplete_details.reason if answer.incomplete_details else None
    return Answered(
        text=answer.output_text,
        thinking="".join(thoughts),
        calls=[(call.name, json.loads(call.arguments)) for call in calls],
        finish=reason or answer.status,
        usage=(
            usage.input_tokens,
            usage.input_tokens_details.cached_tokens,
            usage.input_tokens_details.cache_write_tokens or 0,
            usage.output_tokens,
            usage.output_tokens_details.reasoning_tokens,
        ),
        turn=[_without_parsed(item.model_dump(exclude_none=True)) for item in answer.output],
        left_out=headers.get("x-optimizer-left-out", ""),
    )


def _without_parsed(item: dict[str, Any]) -> dict[str, Any]:
    item.pop("parsed_arguments", None)
    for part in item.get("content", []):
        part.pop("parsed", None)
    return item
