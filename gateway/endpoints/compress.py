"""`POST /v1/compress`: the messages of another gateway made smaller, by the contract with which those call a
compressor: `{messages, model}` in, `{messages, tokens_before, …}` out. Nothing is forwarded.

Callers put the messages back by their places, so each has to come back: a prompt of which one would be
missing, or joined by another, is answered as it came. What was given back once is given back again on the
conversation's next turn, byte for byte, or the provider's cache would be lost to it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any

import orjson
from annotated_types import MaxLen
from pydantic import PlainValidator

from gateway.callers.auth import Caller
from gateway.capturing import keep_prompt
from gateway.endpoints.base import JSON_TYPE
from gateway.endpoints.optimize import OptimizeBody, read_prompt
from gateway.errors import BadRequest
from gateway.masking.answers import RestoredAnswer
from gateway.masking.prompts import masked_request
from gateway.recording import Recording
from gateway.requests.client import Client
from gateway.requests.off_loop import off_loop
from gateway.requests.prompt import PromptRequest
from gateway.state import Gateway
from optimizer_app.optimize.service import Optimized, untouched
from token_optimizer.dialects.bodies import conversation_key
from token_optimizer.models import WhyNot

MAX_CONVERSATION_CHARS = 200
_CONVERSATION = "x-optimizer-conversation"
_RESHAPED = "the caller needs as many messages as it sent"


def _named_config(value: object) -> object:
    """The name of a config of ours; others' gateways send settings of compressors of their own."""
    return value if isinstance(value, str) else None


class CompressBody(OptimizeBody):
    config: Annotated[Any, PlainValidator(_named_config)] = None
    conversation_id: Annotated[str | None, MaxLen(MAX_CONVERSATION_CHARS)] = None


def conversation_in_header(headers: Mapping[str, str]) -> str:
    """The caller's own id of the conversation; empty where it sends none."""
    conversation = headers.get(_CONVERSATION, "").strip()
    if len(conversation) > MAX_CONVERSATION_CHARS:
        message = f"X-Optimizer-Conversation must have at most {MAX_CONVERSATION_CHARS} characters"
        raise BadRequest(message, param=_CONVERSATION)
    return conversation


async def compress(gateway: Gateway, client: Client, caller: Caller, recording: Recording) -> None:
    """Serve one request."""
    fields, given = await read_prompt(CompressBody, gateway, client, caller, recording)
    request, masker = await masked_request(given, caller, recording)
    conversation = conversation_in_header(client.headers) or fields.conversation_id
    result = await _with_as_many_messages(gateway, caller, recording, request, conversation)
    recording.note_optimized(result)
    keep_prompt(gateway.capture_queue, recording, request, result)
    await recording.end("ok", 200)
    answer = await off_loop(len(request.raw), _answer, request, result)
    if masker is not None:
        # The caller sends it on, and would not know what to put back.
        answer = RestoredAnswer(request.dialect, masker.originals()).whole(answer)
    await client.answer(200, [JSON_TYPE, *recording.headers], answer)


async def _with_as_many_messages(
    gateway: Gateway, caller: Caller, recording: Recording, request: PromptRequest, conversation: str | None
) -> Optimized:
    asked = request.for_optimizer(recording.trace_id, caller)
    asked = replace(asked, answers_read_back=False, remembers_later=False)
    if conversation:
        # Conversations that begin alike are told apart by the ids that their gateway has for them.
        asked = replace(asked, secret=f"{asked.secret}\n{conversation}", project_id=None)
    recording.note_asked(request, asked.secret)
    result = await gateway.optimize(asked, caller.project_id)
    if _roles(request, request.body) == _roles(request, result.body):
        return result
    plain = await asyncio.to_thread(untouched, asked, WhyNot.UNWRITABLE)
    return replace(plain, stats=replace(plain.stats, fallback_used=True, fallback_reason=_RESHAPED))


def _roles(request: PromptRequest, body: Any) -> Sequence[object]:
    return [message.get("role") for message in body[conversation_key(request.dialect)]]


def _answer(request: PromptRequest, result: Optimized) -> bytes:
    stats = result.stats
    cut = (block.stage for block in stats.blocks if block.tokens_after < block.tokens_before and block.stage)
    answer = {
        "messages": result.body[conversation_key(request.dialect)],
        "tokens_before": stats.tokens_before,
        "tokens_after": stats.tokens_after,
        "tokens_saved": stats.tokens_before - stats.tokens_after,
        "compression_ratio": stats.tokens_after / stats.tokens_before if stats.tokens_before else 1.0,
        "transforms_applied": list(dict.fromkeys(cut)),
    }
    return orjson.dumps(answer)
