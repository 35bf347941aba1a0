"""One request to one provider, and its answer with the body still to come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from gateway.attempts.outgoing import Outgoing
from gateway.attempts.translated import translated_attempt
from gateway.callers.auth import Caller
from gateway.echo.answer import echo_answer
from gateway.requests.bodies.body import json_object
from gateway.requests.client import Client, Headers
from gateway.state import Gateway
from gateway.upstream.connections import Answer
from gateway.upstream.headers import request_headers
from optimizer_app.optimize.service import INLINE_BYTES


def attempt(
    gateway: Gateway, client: Client, caller: Caller, outgoing: Outgoing
) -> AbstractAsyncContextManager[Answer]:
    """The answer of the request's first provider, in the dialect of the request."""
    provider = outgoing.provider
    if provider.is_echo:
        return _echoed(outgoing)
    if not provider.speaks(outgoing.dialect.provider_kind):
        # The one place where the dialect of a request and the kind of its provider differ.
        return translated_attempt(gateway, client, caller, outgoing)
    headers = _headers(client, caller, outgoing)
    return gateway.upstream.send(provider, client.method, outgoing.path, headers, outgoing.body)


def _headers(client: Client, caller: Caller, outgoing: Outgoing) -> Headers:
    request = outgoing.request
    received = client.header_list
    if request.template is not None:
        # Those that the dialect requires need not come with a template.
        missing = [header for header in outgoing.dialect.required_headers if header[0] not in client.headers]
        received = [*received, *missing]
    return request_headers(
        received,
        caller.secret,
        outgoing.provider,
        plain=request.stream,
        unpacked=request.unpacked,
    )


@asynccontextmanager
async def _echoed(outgoing: Outgoing) -> AsyncIterator[Answer]:
    def answer() -> Answer:
        return echo_answer(json_object(outgoing.body) or outgoing.request.body, outgoing.request.dialect)

    # It counts the tokens of the prompt.
    yield answer() if len(outgoing.body) <= INLINE_BYTES else await asyncio.to_thread(answer)
