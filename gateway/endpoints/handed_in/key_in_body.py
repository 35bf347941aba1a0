"""Bodies that may hold their caller's key, as the guide's clients send it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TypeVar

from gateway.callers.auth import KEY_HEADERS, Caller
from gateway.endpoints.base import known_caller
from gateway.errors import TooLarge, Unauthorized
from gateway.requests.client import Client
from gateway.state import Gateway

Parsed = TypeVar("Parsed")
# Of a caller whose key is in the body.
MAX_UNKNOWN_BYTES = 1024**2


async def read_from_caller(
    gateway: Gateway,
    client: Client,
    parse: Callable[[bytes, Mapping[str, str]], tuple[object, Parsed]],
    check: Callable[[Caller], None],
) -> tuple[Caller, Parsed]:
    """The caller, and what `parse` makes of the body: the key in it, where it has one, and the rest.

    `check` refuses callers that may not do this.
    """
    # Whoever names a key is asked for it before 64 MB are read; without one it may stand in a small body.
    known = await _allowed(gateway, client, client.headers, check) if _names_key(client.headers) else None
    if known:
        client.held.key = known.api_key_id
    body = await (gateway.read_body(client) if known else _small_body(gateway, client))
    # In a thread: reading 64 MB would keep the other requests of this worker waiting.
    key, parsed = await asyncio.to_thread(parse, body, client.headers)
    return known or await _caller(gateway, client, key, check), parsed


async def _small_body(gateway: Gateway, client: Client) -> bytes:
    """The body of a caller who is not known yet."""
    try:
        return await gateway.unpacked(client, await client.read_body(MAX_UNKNOWN_BYTES), MAX_UNKNOWN_BYTES)
    except TooLarge:
        raise Unauthorized("a body over 1 MB needs its API key in a header, such as x-api-key") from None


async def _caller(gateway: Gateway, client: Client, key: object, check: Callable[[Caller], None]) -> Caller:
    """Whose key the body's `api_key` is."""
    headers = {**client.headers, "x-api-key": key} if isinstance(key, str) and key else client.headers
    return await _allowed(gateway, client, headers, check)


async def _allowed(
    gateway: Gateway, client: Client, headers: Mapping[str, str], check: Callable[[Caller], None]
) -> Caller:
    caller = await known_caller(gateway, client, headers)
    check(caller)
    return caller


def _names_key(headers: Mapping[str, str]) -> bool:
    return any(name in headers for name in ("authorization", *KEY_HEADERS))
