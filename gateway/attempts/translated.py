"""One request to a provider that speaks another dialect than the caller, and its answer translated back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import orjson

from gateway.attempts.outgoing import Outgoing
from gateway.auth import Caller
from gateway.requests.body import parsed_object
from gateway.requests.client import Client, Headers
from gateway.requests.off_loop import off_loop
from gateway.state import Gateway
from gateway.translation.answer import translated_answer
from gateway.translation.providers.bedrock.signing import signed
from gateway.translation.translator import Translated, translate
from gateway.upstream.connections import Answer
from gateway.upstream.headers import request_headers
from optimizer_app.models import Provider


@asynccontextmanager
async def translated_attempt(
    gateway: Gateway, client: Client, caller: Caller, outgoing: Outgoing
) -> AsyncIterator[Answer]:
    """The answer in the dialect of the request. BadRequest, naming the field, for what has no translation."""
    translated, body = await off_loop(len(outgoing.body), _written, outgoing)
    headers = _headers(client, caller, outgoing, translated)
    path = translated.api.path(translated.conversation)
    if outgoing.provider.kind == Provider.Kind.BEDROCK:
        # In a thread: the first of them imports botocore.
        headers = await asyncio.to_thread(signed, outgoing.provider, path, headers, body)
    async with gateway.upstream.send(outgoing.provider, "POST", path, headers, body) as answer:
        yield await translated_answer(answer, translated, outgoing.provider.secret or "")


def _written(outgoing: Outgoing) -> tuple[Translated, bytes]:
    body, _ = parsed_object(outgoing.body)
    translated = translate(body, outgoing.dialect.name, outgoing.provider)
    return translated, orjson.dumps(translated.body)


def _headers(client: Client, caller: Caller, outgoing: Outgoing, translated: Translated) -> Headers:
    """Nothing of the caller's own but its key for the provider: the rest speaks of another API."""
    own_key = [header for header in client.header_list if header[0] == "x-provider-authorization"]
    received = [("content-type", "application/json"), *translated.api.headers, *own_key]
    return request_headers(received, caller.secret, outgoing.provider, plain=True)
