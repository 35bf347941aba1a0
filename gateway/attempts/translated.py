"""One request to a provider that speaks another dialect than the caller, and its answer translated back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import orjson

from gateway.attempts.outgoing import Outgoing
from gateway.callers.auth import Caller
from gateway.errors import BadRequest
from gateway.requests.bodies.body import parsed_object
from gateway.requests.client import Client, Headers
from gateway.requests.off_loop import off_loop
from gateway.state import Gateway
from gateway.translation.answer import translated_answer
from gateway.translation.providers.bedrock.signing import signed
from gateway.translation.translator import Translated, translate
from gateway.upstream.connections import Answer
from gateway.upstream.headers import request_headers

_OWN_KEY = "x-provider-authorization"


@asynccontextmanager
async def translated_attempt(
    gateway: Gateway, client: Client, caller: Caller, outgoing: Outgoing
) -> AsyncIterator[Answer]:
    """The answer in the dialect of the request. BadRequest, naming the field, for what has no translation."""
    provider, raw = outgoing.provider, await _unpacked(gateway, client, outgoing)
    translated, body = await off_loop(len(raw), _written, raw, outgoing)
    headers = _headers(client, caller, outgoing, translated)
    path = translated.api.path(translated.conversation)
    if provider.access_key_id and _OWN_KEY not in client.headers:
        # In a thread: the first of them imports botocore.
        headers = await asyncio.to_thread(signed, provider, path, headers, body)
    async with gateway.upstream.send(provider, "POST", path, headers, body) as answer:
        yield await translated_answer(answer, translated, provider.secret or "")


async def _unpacked(gateway: Gateway, client: Client, outgoing: Outgoing) -> bytes:
    """The body to read: one that is not optimized may still be packed as it came."""
    return outgoing.body if outgoing.request.unpacked else await gateway.unpacked(client, outgoing.body)


def _written(raw: bytes, outgoing: Outgoing) -> tuple[Translated, bytes]:
    body, _ = parsed_object(raw)
    try:
        translated = translate(body, outgoing.dialect.name, outgoing.provider)
        return translated, orjson.dumps(translated.body)
    except orjson.JSONEncodeError:
        raise BadRequest("the request body is nested too deeply to be translated") from None


def _headers(client: Client, caller: Caller, outgoing: Outgoing, translated: Translated) -> Headers:
    """Nothing of the caller's own but its key for the provider: the rest speaks of another API."""
    own_key = [header for header in client.header_list if header[0] == _OWN_KEY]
    received = [("content-type", "application/json"), *translated.api.headers, *own_key]
    return request_headers(received, caller.secret, outgoing.provider, plain=True)
