"""The whole story of one request for a completion, top to bottom.

The body is read and checked, the prompt made smaller, the provider asked and its answer passed on; before its
last byte goes out, the trace is one line in the journal. `X-Optimizer-Mode: off` takes the same way, with
both bodies byte for byte as they came.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import orjson

from gateway.auth import Caller
from gateway.body import json_object, parsed_object
from gateway.client import Client
from gateway.dialects.base import ApiDialect
from gateway.dialects.chat import CHAT
from gateway.dialects.messages import MESSAGES
from gateway.dialects.responses import RESPONSES
from gateway.echo.answer import echo_answer
from gateway.recording import Recording
from gateway.request import PromptRequest, budget_in_header, is_off, object_or_empty
from gateway.response import is_stream, pass_stream, pass_whole
from gateway.routing import ProviderRoute
from gateway.state import Gateway
from gateway.upstream.connections import Answer
from gateway.upstream.headers import request_headers
from optimizer_app.optimize.service import Optimized, untouched
from optimizer_app.precompression.requests import PrecompressionRequest
from token_optimizer.models import OptimizationStats

_ASK_FOR_USAGE = b',"stream_options":{"include_usage":true}'


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What goes to the provider, and what its answer needs on the way back.

    `asks_for_usage`: on the client's behalf, so that it is taken out of the answer. Without `stats` a JSON
    answer is passed on byte for byte.
    """

    dialect: ApiDialect
    provider: ProviderRoute
    request: PromptRequest
    body: bytes
    asks_for_usage: bool = False
    stats: OptimizationStats | None = None


async def chat_completions(gateway: Gateway, client: Client, caller: Caller, recording: Recording) -> None:
    """`POST /v1/chat/completions`."""
    await complete(CHAT, gateway, client, caller, recording)


async def messages(gateway: Gateway, client: Client, caller: Caller, recording: Recording) -> None:
    """`POST /v1/messages`."""
    await complete(MESSAGES, gateway, client, caller, recording)


async def responses(gateway: Gateway, client: Client, caller: Caller, recording: Recording) -> None:
    """`POST /v1/responses`."""
    await complete(RESPONSES, gateway, client, caller, recording)


async def complete(
    dialect: ApiDialect, gateway: Gateway, client: Client, caller: Caller, recording: Recording
) -> None:
    """Serve one request. GatewayError for what is to be answered with an error of ours."""
    raw = await client.read_body(gateway.max_request_bytes)
    request = read_request(raw, client.headers, caller, dialect)
    recording.note_request(request)
    provider = caller.provider_for(dialect.provider_kind)
    recording.note_provider(provider.name)
    original = Outgoing(dialect, provider, request, raw)
    async with client.watched():
        if request.off:
            recording.note_counting(asyncio.create_task(_counted(original, recording)))
            await relay(gateway, client, caller, recording, original)
        else:
            await _relay_optimized(gateway, client, caller, recording, original)


def read_request(
    raw: bytes, headers: Mapping[str, str], caller: Caller, dialect: ApiDialect
) -> PromptRequest:
    """The request; BadRequest, naming what was wrong, where it cannot be one."""
    named = caller.config_named(headers.get("x-optimizer-config"))
    budget_tokens = budget_in_header(headers)
    if is_off(headers):
        return PromptRequest(dialect.name, raw, object_or_empty(raw), named, budget_tokens, off=True)
    body, writable = parsed_object(raw)
    dialect.check(body)
    return PromptRequest(dialect.name, raw, body, named, budget_tokens, unwritable=not writable)


async def _relay_optimized(
    gateway: Gateway, client: Client, caller: Caller, recording: Recording, original: Outgoing
) -> None:
    """Serve a request with its prompt made smaller, and leave what its next turn will want compressed."""
    result = await _optimized(gateway, caller, recording, original)
    recording.note_stats(result.stats)
    try:
        await relay(gateway, client, caller, recording, _with_result(original, result))
    finally:
        gateway.precompression_queue.put(_left_for_next_turn(caller, original.request, result))


async def _optimized(gateway: Gateway, caller: Caller, recording: Recording, original: Outgoing) -> Optimized:
    """The prompt made smaller, or as it was where that fails."""
    request = original.request.for_optimizer(recording.trace_id, caller)
    if original.request.unwritable:
        return await asyncio.to_thread(untouched, request, "the body cannot be written again as it was")
    return await gateway.optimize(request, caller.project_id)


async def _counted(original: Outgoing, recording: Recording) -> Optimized:
    """The prompt as it came, counted, in a thread."""
    request = original.request.for_optimizer(recording.trace_id)
    return await asyncio.to_thread(untouched, request)


def _left_for_next_turn(caller: Caller, request: PromptRequest, result: Optimized) -> PrecompressionRequest:
    config = request.named.config
    return PrecompressionRequest(
        caller.project_id,
        result.texts_to_precompress,
        config.compression_ratio,
        config.faithfulness_threshold,
        result.lookups,
    )


def _with_result(original: Outgoing, result: Optimized) -> Outgoing:
    """The optimizer's result to send. What it left alone goes out in the client's own bytes."""
    request = original.request
    asks = original.dialect.must_be_asked_for_usage and request.stream and not request.unwritable
    options = request.body.get("stream_options", {})
    # Options that are no object are not ours to mend: the provider says what is wrong with them.
    if asks and isinstance(options, dict) and options.get("include_usage") is not True:
        body = _asking_for_usage(request, result, options)
        return replace(original, body=body, asks_for_usage=True, stats=result.stats)
    body = orjson.dumps(result.body) if result.changed else request.raw
    return replace(original, body=body, stats=result.stats)


def _asking_for_usage(request: PromptRequest, result: Optimized, options: Mapping[str, object]) -> bytes:
    if result.changed or "stream_options" in request.body:
        return orjson.dumps({**result.body, "stream_options": {**options, "include_usage": True}})
    end = request.raw.rindex(b"}")
    return request.raw[:end] + _ASK_FOR_USAGE + request.raw[end:]


async def relay(
    gateway: Gateway, client: Client, caller: Caller, recording: Recording, outgoing: Outgoing
) -> None:
    """Ask the provider, and pass its answer on."""
    recording.note_sent()
    async with _provider_answer(gateway, client, caller, outgoing) as answer:
        if is_stream(answer):
            tap = outgoing.dialect.tap(strip_usage=outgoing.asks_for_usage)
            await pass_stream(client, recording, outgoing.dialect, answer, tap)
        else:
            await pass_whole(client, recording, outgoing.dialect, answer, outgoing.stats)


@asynccontextmanager
async def _provider_answer(
    gateway: Gateway, client: Client, caller: Caller, outgoing: Outgoing
) -> AsyncIterator[Answer]:
    """The provider's answer, its body still to come."""
    provider, request = outgoing.provider, outgoing.request
    if provider.is_echo:
        yield echo_answer(json_object(outgoing.body) or dict(request.body), request.dialect)
        return
    headers = request_headers(client.header_list, caller.secret, provider, plain=request.stream)
    async with gateway.upstream.send(
        provider, client.method, client.target, headers, outgoing.body
    ) as answer:
        yield answer
