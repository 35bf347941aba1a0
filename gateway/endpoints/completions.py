"""The whole story of one request for a completion, top to bottom.

Who calls, what they ask for, the prompt made smaller, the provider asked, its answer passed on: and before
its last byte goes out, one line in the journal. `X-Optimizer-Mode: off` takes the same way, with both bodies
byte for byte as they came.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import orjson
from starlette.types import Receive, Scope, Send

from gateway.answers import is_packed, is_stream, json_object, unpack_whole, unpacked, with_stats
from gateway.call import Call, read_call
from gateway.client import Client, ClientLeft
from gateway.echo import echo_answer
from gateway.errors import BadRequest, GatewayError
from gateway.exchange import Exchange
from gateway.headers import answer_headers, request_headers
from gateway.retrieval import with_documents
from gateway.sse import StreamTap
from gateway.upstream import Answer
from gateway.usage import usage_of
from optimizer_app.models import Provider
from optimizer_app.optimize.service import OptimizationRequest, Optimized, optimize_request, untouched
from token_optimizer.errors import PromptError
from token_optimizer.models import Dialect

if TYPE_CHECKING:
    from gateway.app import Gateway

_ASK_FOR_USAGE = b',"stream_options":{"include_usage":true}'


class Relay:
    """`POST /v1/chat/completions` and `POST /v1/messages`: the ASGI endpoint of one dialect."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect: Dialect = dialect

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        gateway: Gateway = scope["app"].state.gateway
        client = Client(scope, receive, send)
        exchange = Exchange(self._dialect, gateway.recorder)
        await recorded(client, exchange, relay(gateway, client, exchange))
        if left := exchange.left_to_do():
            gateway.precompression_queue.put(left)


async def recorded(client: Client, exchange: Exchange, serving: Awaitable[None]) -> None:
    """Serve a request, and record how it ended, whichever way that is."""
    try:
        await serving
    except GatewayError as error:
        await refuse(client, exchange, error)
    except ClientLeft:
        await exchange.record_counted("interrupted", error="the client left")
    except asyncio.CancelledError:
        exchange.record("interrupted", error="the server stopped")
        raise
    finally:
        exchange.record("error", 500, "internal error")


async def relay(gateway: Gateway, client: Client, exchange: Exchange) -> None:
    """Serve one request. GatewayError for what is to be answered with an error of ours."""
    caller = exchange.caller = await gateway.callers.authenticate(client.headers)
    raw = await client.read_body(gateway.max_request_bytes)
    call = exchange.call = read_call(raw, client.headers, caller)
    exchange.provider = caller.provider_for(exchange.dialect)
    async with client.watched():
        if call.off:
            exchange.counting = asyncio.create_task(_count(exchange, call))
            body, asked_for_usage = raw, False
        else:
            exchange.result = await _optimize(gateway, exchange, call)
            body, asked_for_usage = outgoing_body(call, exchange.result, exchange.dialect)
        async with provider_answer(gateway, client, exchange, body) as answer:
            if is_stream(answer):
                tap = StreamTap(exchange.dialect, strip_usage=asked_for_usage)
                await pass_stream(client, exchange, answer, tap)
            else:
                await pass_whole(client, exchange, answer)


async def refuse(client: Client, exchange: Exchange, error: GatewayError) -> None:
    """Answer with an error of ours; where an answer has begun, let its connection break."""
    if client.started:
        await exchange.record_counted("interrupted", error=error.message)
        return
    await exchange.record_counted("error", error.status, error.message)
    headers = [("content-type", "application/json"), *exchange.headers]
    body = error.body(exchange.dialect, str(exchange.trace_id))
    await client.answer(error.status, headers, body)


async def _optimize(gateway: Gateway, exchange: Exchange, call: Call) -> Optimized:
    """The prompt made smaller, or as it was where that fails."""
    request = _optimization_request(exchange, call)
    if call.unwritable:
        return await asyncio.to_thread(untouched, request, "the body cannot be written again as it was")
    assert exchange.caller is not None
    request = await with_documents(request, exchange.caller.project_id)
    try:
        return await optimize_request(request, gateway.pool)
    except PromptError as error:
        raise BadRequest(str(error)) from error


async def _count(exchange: Exchange, call: Call) -> Optimized:
    """The prompt as it came, counted, in a thread."""
    return await asyncio.to_thread(untouched, _optimization_request(exchange, call))


def _optimization_request(exchange: Exchange, call: Call) -> OptimizationRequest:
    return OptimizationRequest(
        body=call.body,
        dialect=exchange.dialect,
        config=call.named.config,
        model=call.model,
        trace_id=exchange.trace_id,
        size_bytes=len(call.raw),
        budget_tokens=call.budget_tokens,
        secret=exchange.caller.hash_secret if exchange.caller else "",
        project_id=exchange.caller.project_id if exchange.caller else None,
    )


def outgoing_body(call: Call, result: Optimized, dialect: Dialect) -> tuple[bytes, bool]:
    """The bytes to send, and whether they ask for usage on the client's behalf.

    What the optimizer left alone goes out in the client's own bytes.
    """
    if dialect == "openai" and call.stream and not call.unwritable:
        options = call.body.get("stream_options", {})
        # Options that are no object are not ours to mend: the provider says what is wrong with them.
        if isinstance(options, dict) and options.get("include_usage") is not True:
            return _asking_for_usage(call, result, options), True
    return (orjson.dumps(result.body) if result.changed else call.raw), False


def _asking_for_usage(call: Call, result: Optimized, options: dict[str, object]) -> bytes:
    if result.changed or "stream_options" in call.body:
        return orjson.dumps({**result.body, "stream_options": {**options, "include_usage": True}})
    end = call.raw.rindex(b"}")
    return call.raw[:end] + _ASK_FOR_USAGE + call.raw[end:]


@asynccontextmanager
async def provider_answer(
    gateway: Gateway, client: Client, exchange: Exchange, body: bytes
) -> AsyncIterator[Answer]:
    """The provider's answer, its body still to come."""
    caller, call, provider = exchange.caller, exchange.call, exchange.provider
    assert caller is not None
    assert call is not None
    assert provider is not None
    exchange.sent()
    if provider.kind == Provider.Kind.ECHO:
        yield echo_answer(_echoed(call, body), exchange.dialect)
        return
    headers = request_headers(client.header_list, caller, provider, plain=call.stream)
    async with gateway.upstream.send(provider, client.method, client.target, headers, body) as answer:
        yield answer


def _echoed(call: Call, body: bytes) -> dict[str, object]:
    """What echo received. Like any provider it refuses what is no prompt, in off mode too."""
    received = json_object(body) or dict(call.body)
    if not isinstance(received.get("messages"), list):
        raise BadRequest("the request body must be a JSON object with a list of messages")
    return received


async def pass_whole(client: Client, exchange: Exchange, answer: Answer) -> None:
    """Pass on an answer that is no stream, with `optimizer_stats` where it is a success."""
    received = b"".join([chunk async for chunk in answer.chunks()])
    exchange.answered()
    packed = is_packed(answer)
    body = unpack_whole(received, packed=packed)
    payload = json_object(body)
    if payload is not None:
        exchange.usage = usage_of(payload.get("usage"), exchange.dialect)
    decoded = packed
    if exchange.call and exchange.call.off:
        body, decoded = received, False
    elif payload is not None and answer.status < 300:
        body = with_stats(body, payload, exchange.stats)
    await record_answer(exchange, answer)
    headers = answer_headers(answer.headers, decoded=decoded) + exchange.headers
    await client.answer(answer.status, headers, body)


async def record_answer(exchange: Exchange, answer: Answer) -> None:
    """Record an answer that came whole; an error of the provider's is one in the trace too."""
    if answer.status < 400:
        await exchange.record_counted("ok", answer.status)
    else:
        await exchange.record_counted("error", answer.status, f"the provider answered {answer.status}")


async def pass_stream(client: Client, exchange: Exchange, answer: Answer, tap: StreamTap) -> None:
    """Pass a stream on as it comes. Where it breaks our connection breaks too: no made-up ending."""
    await client.start(answer.status, answer_headers(answer.headers, decoded=True) + exchange.headers)
    try:
        async for chunk in unpacked(answer):
            passed = tap.feed(chunk)
            if tap.finished:
                # Before the bytes go out that close the stream.
                await record_stream(exchange, answer, tap)
            if passed:
                await client.send(passed)
    finally:
        exchange.usage = tap.usage
    await record_stream(exchange, answer, tap)
    if tap.finished or answer.framed:
        await client.send(tap.rest(), last=True)


async def record_stream(exchange: Exchange, answer: Answer, tap: StreamTap) -> None:
    """Record a stream that has ended, by how it ended."""
    exchange.usage = tap.usage
    if tap.failed:
        reason = "the provider reported an error within the stream"
        await exchange.record_counted("error", answer.status, reason)
    elif tap.finished or answer.status >= 400:
        await record_answer(exchange, answer)
    else:
        reason = "the stream ended without its closing event"
        await exchange.record_counted("interrupted", answer.status, reason)
