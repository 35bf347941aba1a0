"""A server that stops while requests are open."""

from __future__ import annotations

import asyncio
import signal

import pytest
from starlette.types import Receive, Scope, Send

from gateway.requests.cancellation import EndedWithServer
from tests.live_server import running_server


async def _wait_for_ever(scope: Scope, receive: Receive, send: Send) -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize("kind", ["http", "lifespan"])
async def test_a_cancelled_request_ends_quietly(kind: str) -> None:
    task = asyncio.create_task(EndedWithServer(_wait_for_ever)({"type": kind, "path": "/"}, None, None))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    task.cancel()
    if kind == "http":
        await task
    else:
        with pytest.raises(asyncio.CancelledError):
            await task


def test_a_server_stops_without_a_traceback(transactional_db: None) -> None:
    with running_server() as server:
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(20) == 0
        assert "Traceback" not in server.log()
