"""An answer as OpenAI's Responses API has it, whole: an item for each thing that the model made."""

from __future__ import annotations

import time
import uuid
from typing import Any

from gateway.translation.callers.chat.answer import write_error
from gateway.translation.callers.responses.items import REDACTED
from gateway.translation.pivot.conversation import RedactedThinking, Text, Thinking
from gateway.translation.pivot.events import AnswerPart, CallPart, Finished, Usage, WholeAnswer

__all__ = ["write_answer", "write_error"]

Json = dict[str, Any]
_INCOMPLETE = {"length": "max_output_tokens", "refusal": "content_filter"}


def write_answer(answer: WholeAnswer) -> Json:
    """The body of a response."""
    items = [item_of(part, new_id(part)) for part in answer.parts]
    return closed(response(answer.model), items, answer.finish, answer.usage)


def response(model: str) -> Json:
    """A response that has begun."""
    return {
        "id": f"resp_{uuid.uuid4().hex}",
        "object": "response",
        "created_at": int(time.time()),
        "status": "in_progress",
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "model": model,
        "output": [],
        "parallel_tool_calls": True,
        "temperature": None,
        "tool_choice": "auto",
        "tools": [],
        "top_p": None,
        "usage": None,
    }


def closed(response: Json, items: list[Json], finish: Finished, usage: Usage) -> Json:
    """The response with all that it holds."""
    reason = _INCOMPLETE.get(finish.reason)
    ending: Json = {"status": "completed"}
    if reason is not None:
        ending = {"status": "incomplete", "incomplete_details": {"reason": reason}}
    return {**response, **ending, "output": items, "usage": _usage(usage)}


def new_id(part: AnswerPart) -> str:
    kind = {Text: "msg", CallPart: "fc", Thinking: "rs", RedactedThinking: "rs"}[type(part)]
    return f"{kind}_{uuid.uuid4().hex}"


def item_of(part: AnswerPart, item_id: str) -> Json:
    """A part as an item of a response."""
    match part:
        case Text():
            content = [text_part(part.text)]
            message = {"id": item_id, "type": "message", "role": "assistant", "status": "completed"}
            return {**message, "content": content}
        case CallPart():
            call = {"id": item_id, "type": "function_call", "status": "completed", "call_id": part.id}
            return {**call, "name": part.name, "arguments": part.arguments or "{}"}
        case Thinking():
            signature = part.signature.marked("openai") if part.signature else None
            summary = [summary_part(part.text)] if part.text else []
            return {"id": item_id, "type": "reasoning", "summary": summary, "encrypted_content": signature}
        case RedactedThinking():
            encrypted = REDACTED + part.data
            return {"id": item_id, "type": "reasoning", "summary": [], "encrypted_content": encrypted}


def text_part(text: str) -> Json:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def summary_part(text: str) -> Json:
    return {"type": "summary_text", "text": text}


def _usage(usage: Usage) -> Json:
    sent = {"cached_tokens": usage.cached_tokens, "cache_write_tokens": usage.cache_write_tokens}
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": sent,
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }
