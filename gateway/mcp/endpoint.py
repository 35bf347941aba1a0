"""`POST /mcp`: streamable HTTP of the Model Context Protocol, for a project's key.

The official package is imported at the first request, in a thread, so that workers that nobody asks are as
small and as soon ready as without it.
"""

from __future__ import annotations

import asyncio
from importlib import import_module

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.endpoints.base import JSON_TYPE, error_answer, known_caller
from gateway.errors import GatewayError, MethodNotAllowed
from gateway.mcp.asking import ASKED, Asked
from gateway.requests.client import Client, ClientDisconnected
from gateway.requests.in_flight import HeldBytes
from gateway.state import Gateway

MAX_BODY_BYTES = 4 * 1024**2
_SERVER = "gateway.mcp.server"


class McpEndpoint:
    """The endpoint of one worker."""

    def __init__(self) -> None:
        self._serving: asyncio.Task[None] | None = None
        self._ready: asyncio.Future[ASGIApp] | None = None
        self._stopping = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        gateway: Gateway = scope["app"].state.gateway
        client = Client(scope, receive, send)
        client.held = HeldBytes(gateway.in_flight, client.address)
        try:
            if client.method != "POST":
                raise MethodNotAllowed(f"/mcp takes POST, not {client.method}", headers=[("allow", "POST")])
            caller = await known_caller(gateway, client)
            body = await client.read_body(MAX_BODY_BYTES)
            served = await self._served()
            asked = Asked(gateway, caller, scope)
            await served({**scope, ASKED: asked}, _Replayed(body, receive), send)
        except GatewayError as error:
            answer = error_answer(error, client)
            await client.answer(answer.status, [JSON_TYPE, *answer.headers], answer.body)
        except ClientDisconnected:
            return
        finally:
            client.held.release()

    async def _served(self) -> ASGIApp:
        """The package's application, started once for the life of the worker."""
        if self._ready is None:
            self._ready = asyncio.get_running_loop().create_future()
            self._serving = asyncio.create_task(self._serve(self._ready))
        return await asyncio.shield(self._ready)

    async def _serve(self, ready: asyncio.Future[ASGIApp]) -> None:
        try:
            server = await asyncio.to_thread(import_module, _SERVER)
            manager = server.session_manager()
            async with manager.run():
                ready.set_result(manager.handle_request)
                await self._stopping.wait()
        except BaseException as error:
            if not ready.done():
                ready.set_exception(error)
            raise

    async def close(self) -> None:
        """End what was started, with the worker."""
        self._stopping.set()
        if self._serving is not None:
            await asyncio.gather(self._serving, return_exceptions=True)


class _Replayed:
    """Gives a body that was read once more, and then what comes from the client."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def __call__(self) -> Message:
        if self._body is None:
            return await self._receive()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}
