"""Who calls a tool, and how a tool gets at what the gateway has: its endpoints, and the database in time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson
from django.db import Error as DatabaseError
from django.db import connection, transaction
from starlette.types import ASGIApp, Message, Scope

from gateway.callers.auth import KEY_HEADERS, Caller
from gateway.state import Gateway
from token_optimizer.storage.passages import bound_time

Result = TypeVar("Result")

# Where the scope of a request holds who calls.
ASKED = "token_optimizer_asked"
# Of the gateway's four threads to the database two are left to those who look up keys.
_READERS = asyncio.Semaphore(2)
WITHIN_SECONDS = 5.0
_PASSED_HEADERS = frozenset({b"authorization", *(name.encode() for name in KEY_HEADERS)})


class ToolFailed(Exception):
    """What the agent is told: which argument was wrong, or what is not there. Never a text of a prompt."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One call: the key that makes it, and the HTTP request that it came in."""

    gateway: Gateway
    caller: Caller
    scope: Scope

    async def read(self, query: Callable[[], Result]) -> Result:
        """What a query finds, each of whose statements PostgreSQL gives up after some seconds."""
        async with _READERS:
            try:
                return await self.gateway.from_database(lambda: _bounded(query))
            except DatabaseError as error:
                raise ToolFailed(f"this took longer than {WITHIN_SECONDS:g} s: ask for less") from error

    async def endpoint(
        self, app: ASGIApp, method: str, path: str, body: bytes = b"", params: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """What one of the gateway's endpoints answers this key, within its scopes and limits."""
        answer = _Answer(body)
        headers = [header for header in self.scope["headers"] if header[0].lower() in _PASSED_HEADERS]
        headers += [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        asked = {"method": method, "path": path, "raw_path": path.encode(), "query_string": b""}
        scope = {**self.scope, **asked, "headers": headers, "path_params": dict(params or {})}
        await app(scope, answer.receive, answer.send)
        return answer.payload()


def _bounded(query: Callable[[], Result]) -> Result:
    with transaction.atomic():
        with connection.cursor() as cursor:
            bound_time(cursor, WITHIN_SECONDS)
        return query()


class _Answer:
    """The client's end of a request within this process."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._status = 0
        self._pieces: list[bytes] = []

    async def receive(self) -> Message:
        return {"type": "http.request", "body": self._body, "more_body": False}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
        else:
            self._pieces.append(message.get("body", b""))

    def payload(self) -> dict[str, Any]:
        payload: dict[str, Any] = orjson.loads(b"".join(self._pieces))
        if self._status >= 400:
            raise ToolFailed(str(payload["error"]["message"]))
        return payload
