"""The two kinds of endpoints around a handler: plain ones, and those whose requests leave a trace.

A handler returns its answer, or None once it has sent one itself; its GatewayError is answered in the
shape of the dialect that was asked.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from structlog.contextvars import bind_contextvars

from gateway.callers.auth import Caller
from gateway.errors import GatewayError, InternalError, id_headers
from gateway.recording import Arrival, Recording
from gateway.requests.client import Client, ClientDisconnected, Headers
from gateway.requests.in_flight import HeldBytes
from gateway.requests.prompt import expected_tokens
from gateway.requests.tags import tags_in_header
from gateway.state import Gateway
from optimizer_app.models.keys.api_key import KeyScope
from token_optimizer.models import Dialect

_DIALECT_OF_ROOM: Mapping[str, Dialect] = {
    "chat": "openai",
    "messages": "anthropic",
    "responses": "responses",
}
JSON_TYPE = ("content-type", "application/json")


@dataclass(frozen=True, slots=True)
class JsonAnswer:
    """A whole answer in JSON."""

    body: bytes
    status: int = 200
    headers: Headers = field(default_factory=list)


Handler = Callable[[Gateway, Client, Mapping[str, str]], Awaitable[JsonAnswer | None]]
TracedHandler = Callable[[Gateway, Client, Caller, Recording], Awaitable[None]]


async def known_caller(gateway: Gateway, client: Client, headers: Mapping[str, str] | None = None) -> Caller:
    """Whose request it is, by these headers or its own; Forbidden where the key may not send it."""
    caller = await gateway.callers.authenticate(client.headers if headers is None else headers)
    caller.check_endpoint(client.method, client.path)
    return caller


class Endpoint:
    """A plain endpoint: the handler gets the parameters of the path."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        gateway: Gateway = scope["app"].state.gateway
        client = Client(scope, receive, send)
        client.held = HeldBytes(gateway.in_flight, client.address)
        try:
            answer = await self._handler(gateway, client, scope["path_params"])
        except GatewayError as error:
            # Once an answer has begun, its connection breaks: nothing true could follow.
            answer = None if client.started else error_answer(error, client)
        except ClientDisconnected:
            return
        finally:
            client.held.release()
        if answer is not None:
            await client.answer(answer.status, [JSON_TYPE, *answer.headers], answer.body)


class TracedEndpoint:
    """An endpoint whose requests leave a trace, by how they ended; a stranger's leave none.

    Keys need the `scope`. `check_path` may refuse a request before anybody asks whose it is. `sends_prompts`:
    the body is a prompt, whose tokens count.
    """

    def __init__(
        self,
        handler: TracedHandler,
        scope: KeyScope | None = None,
        check_path: Callable[[Client], None] = lambda _client: None,
        *,
        sends_prompts: bool = False,
    ) -> None:
        self._handler = handler
        self._scope = scope
        self._sends_prompts = sends_prompts
        self._check_path = check_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        client = Client(scope, receive, send)
        try:
            await self._serve(scope["app"].state.gateway, client)
        except Exception:
            if not client.started:
                answer = _internal_error(client)
                await client.answer(answer.status, [JSON_TYPE, *answer.headers], answer.body)
            raise

    async def _serve(self, gateway: Gateway, client: Client) -> None:
        arrival = Arrival(dialect_of(client))
        try:
            bind_contextvars(trace_id=str(arrival.trace_id))
            self._check_path(client)
            caller = await gateway.callers.authenticate(client.headers)
        except GatewayError as error:
            await _answer_error(client, error, arrival.dialect, arrival.trace_id, arrival.headers)
            return
        recording = Recording(gateway.journal_for(client), arrival, caller)
        client.held = HeldBytes(gateway.in_flight, client.address, caller.api_key_id)
        try:
            caller.check_endpoint(client.method, client.path)
            if self._scope is not None:
                caller.check_scope(self._scope)
            recording.note_tags(tags_in_header(client.headers))
            expected = expected_tokens(client) if self._sends_prompts else 0
            async with gateway.limiter.admitted(caller.holders, recording, expected) as client.admission:
                await self._handler(gateway, client, caller, recording)
        except GatewayError as error:
            await _refuse(client, recording, error)
        except ClientDisconnected:
            await recording.end("interrupted", error="the client left")
        except asyncio.CancelledError:
            recording.end_now("interrupted", error="the server stopped")
            raise
        except Exception:
            # Whatever broke, the request leaves its trace; the server logs the error.
            recording.end_now("error", 500, "internal error")
            raise
        finally:
            client.held.release()


async def _refuse(client: Client, recording: Recording, error: GatewayError) -> None:
    """Answer with an error of ours; where an answer has begun, let its connection break."""
    recording.note_limit(error.limit)
    if client.started:
        await recording.end("interrupted", error=error.message)
        return
    await recording.end("error", error.status, error.message)
    await _answer_error(client, error, recording.dialect, recording.trace_id, recording.headers)


async def _answer_error(
    client: Client, error: GatewayError, dialect: Dialect, trace_id: uuid.UUID, headers: Headers
) -> None:
    headers = [JSON_TYPE, *headers, *error.headers, *id_headers(str(trace_id))]
    await client.answer(error.status, headers, error.body(dialect, str(trace_id)))


def error_answer(error: GatewayError, client: Client) -> JsonAnswer:
    request_id = f"req_{uuid.uuid4().hex}"
    headers = [*error.headers, *id_headers(request_id)]
    return JsonAnswer(error.body(dialect_of(client), request_id), error.status, headers)


def dialect_of(client: Client) -> Dialect:
    """Whose client this is, by its path, else by the header that every Anthropic client sends."""
    room = client.path.removeprefix("/v1/").partition("/")[0]
    if room in _DIALECT_OF_ROOM:
        return _DIALECT_OF_ROOM[room]
    return "anthropic" if "anthropic-version" in client.headers else "openai"


async def internal_error(request: Request, _error: Exception) -> Response:
    """The answer where the gateway itself broke; the server logs the error, the client sees none of it."""
    answer = _internal_error(Client(request.scope, request.receive, request._send))
    return Response(answer.body, answer.status, dict(answer.headers), media_type="application/json")


def _internal_error(client: Client) -> JsonAnswer:
    return error_answer(InternalError("the gateway failed; its log says why"), client)
