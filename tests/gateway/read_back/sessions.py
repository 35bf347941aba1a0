"""The official SDKs of the three dialects, each as one way to ask, and what they were told."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar

from tests.gateway.accounts import Account
from tests.gateway.read_back import prompts


@dataclass(frozen=True)
class Told:
    """What a client was told, as JSON or by the end of a stream. `ending` is why the answer ended."""

    id: str
    text: str
    calls: tuple[tuple[str, str], ...]
    ending: str | None
    input_tokens: int
    output_tokens: int
    trace_id: str
    kinds: tuple[str, ...] = field(default=())


class Session(ABC):
    """One dialect: its prompt, its path, and its SDK."""

    path: ClassVar[str]
    conversation: ClassVar[str] = "messages"
    # Why an answer ended that goes on with nothing, and one with calls of the client's.
    over: ClassVar[str] = "stop"
    calling: ClassVar[str] = "tool_calls"

    @abstractmethod
    def body(self) -> dict[str, Any]:
        """A request whose prompt has much to cut."""

    @abstractmethod
    def ask(self, account: Account, *, stream: bool, **changes: Any) -> Told:
        """Ask with the SDK, and wait for the whole answer."""

    @abstractmethod
    def said(self, told: Told) -> list[dict[str, Any]]:
        """The answer as the client's next request repeats it, and the results of its calls."""

    def results_in(self, sent: dict[str, Any]) -> list[str]:
        """What the calls of `read_back` were answered with, in a request that the provider got."""
        return [text for name, text in _results(sent[self.conversation]) if name == "read_back"]


class Chat(Session):
    path = "/v1/chat/completions"

    def body(self) -> dict[str, Any]:
        return prompts.chat()

    def ask(self, account: Account, *, stream: bool, **changes: Any) -> Told:
        body = {**self.body(), **changes}
        if stream:
            asked = {"stream_options": {"include_usage": True}}
            with account.openai.chat.completions.stream(**body, **asked) as events:
                for _ in events:
                    pass
                answer = events.get_final_completion()
                headers = events._response.headers
        else:
            raw = account.openai.chat.completions.with_raw_response.create(**body)
            answer, headers = raw.parse(), raw.headers
        message, usage = answer.choices[0].message, answer.usage
        assert usage is not None
        return Told(
            answer.id,
            message.content or "",
            tuple((call.function.name, call.function.arguments) for call in message.tool_calls or ()),  # type: ignore[union-attr]
            answer.choices[0].finish_reason,
            usage.prompt_tokens,
            usage.completion_tokens,
            headers["x-optimizer-trace-id"],
        )

    def said(self, told: Told) -> list[dict[str, Any]]:
        message: dict[str, Any] = {"role": "assistant", "content": told.text or None}
        if not told.calls:
            return [message]
        ids = [f"call_own_{place}" for place in range(len(told.calls))]
        message["tool_calls"] = [
            {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}
            for call_id, (name, arguments) in zip(ids, told.calls, strict=True)
        ]
        return [message, *({"role": "tool", "tool_call_id": call_id, "content": "Done."} for call_id in ids)]


class Messages(Session):
    path = "/v1/messages"
    over = "end_turn"
    calling = "tool_use"

    def body(self) -> dict[str, Any]:
        return prompts.messages()

    def ask(self, account: Account, *, stream: bool, **changes: Any) -> Told:
        body = {**self.body(), **changes}
        if stream:
            with account.anthropic.messages.stream(**body) as events:
                answer = events.get_final_message()
                headers = events.response.headers
        else:
            raw = account.anthropic.messages.with_raw_response.create(**body)
            answer, headers = raw.parse(), raw.headers
        usage = answer.usage
        return Told(
            answer.id,
            "".join(block.text for block in answer.content if block.type == "text"),
            tuple(
                (block.name, json.dumps(block.input, separators=(",", ":")))
                for block in answer.content
                if block.type == "tool_use"
            ),
            answer.stop_reason,
            usage.input_tokens
            + (usage.cache_read_input_tokens or 0)
            + (usage.cache_creation_input_tokens or 0),
            usage.output_tokens,
            headers["x-optimizer-trace-id"],
            tuple(block.type for block in answer.content),
        )

    def said(self, told: Told) -> list[dict[str, Any]]:
        content: list[dict[str, Any]] = [{"type": "text", "text": told.text}] if told.text else []
        ids = [f"toolu_own_{place}" for place in range(len(told.calls))]
        for call_id, (name, arguments) in zip(ids, told.calls, strict=True):
            content.append({"type": "tool_use", "id": call_id, "name": name, "input": json.loads(arguments)})
        results = [{"type": "tool_result", "tool_use_id": call_id, "content": "Done."} for call_id in ids]
        answered = [{"role": "user", "content": results}] if results else []
        return [{"role": "assistant", "content": content}, *answered]


class Responses(Session):
    path = "/v1/responses"
    conversation = "input"
    over = "completed"
    calling = "completed"

    def body(self) -> dict[str, Any]:
        return prompts.responses()

    def ask(self, account: Account, *, stream: bool, **changes: Any) -> Told:
        body = {**self.body(), **changes}
        if stream:
            with account.openai.responses.stream(**body) as events:
                for _ in events:
                    pass
                answer = events.get_final_response()
                headers = events._response.headers
        else:
            raw = account.openai.responses.with_raw_response.create(**body)
            answer, headers = raw.parse(), raw.headers
        assert answer.usage is not None
        return Told(
            answer.id,
            answer.output_text,
            tuple((item.name, item.arguments) for item in answer.output if item.type == "function_call"),
            answer.status,
            answer.usage.input_tokens,
            answer.usage.output_tokens,
            headers["x-optimizer-trace-id"],
            tuple(item.type for item in answer.output),
        )

    def said(self, told: Told) -> list[dict[str, Any]]:
        part = {"type": "output_text", "text": told.text, "annotations": []}
        items: list[dict[str, Any]] = (
            [{"type": "message", "role": "assistant", "content": [part]}] if told.text else []
        )
        ids = [f"call_own_{place}" for place in range(len(told.calls))]
        for call_id, (name, arguments) in zip(ids, told.calls, strict=True):
            items.append({"type": "function_call", "call_id": call_id, "name": name, "arguments": arguments})
        answered = [
            {"type": "function_call_output", "call_id": call_id, "output": "Done."} for call_id in ids
        ]
        return [*items, *answered]


SESSIONS = (Chat(), Messages(), Responses())


def _results(messages: list[Any]) -> list[tuple[str, str]]:
    """The results of calls in a conversation of any dialect, each with the name of its tool."""
    names: dict[str, str] = {}
    found = []
    for message in messages:
        content = message.get("content")
        parts = [message, *(content if isinstance(content, list) else [])]
        for call in message.get("tool_calls") or []:
            names[call["id"]] = call["function"]["name"]
        for part in parts:
            if part.get("type") in ("tool_use", "function_call"):
                names[part.get("call_id") or part["id"]] = part["name"]
            call_id = part.get("tool_call_id") or part.get("tool_use_id")
            if part.get("type") == "function_call_output":
                call_id = part["call_id"]
            if call_id:
                found.append((names.get(call_id, ""), part.get("output") or part.get("content")))
    return found
