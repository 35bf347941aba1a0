"""A server that stops while requests are open."""

from __future__ import annotations

import asyncio
import signal
import threading
import time

import pytest
from starlette.types import Receive, Scope, Send

from gateway.requests.cancellation import EndedWithServer
from tests.gateway.accounts import add_mock, new_account
from tests.patience import PATIENCE_SECONDS
from tests.provider.mock_provider import MockProvider, Reply
from tests.servers.live_server import LiveServer, running_server


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


def test_a_stream_in_flight_is_finished_and_its_trace_stored(
    transactional_db: None, provider: MockProvider, release: threading.Event
) -> None:
    with running_server() as server:
        account = new_account(server)
        add_mock(account, provider)
        provider.script(Reply(release=release, hold_after=3))
        body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}], "stream": True}
        content = account.post("/v1/chat/completions", body, stream=True).iter_content(chunk_size=None)
        begun = next(content)
        server.process.send_signal(signal.SIGTERM)
        _wait_until_it_stops(server)
        release.set()
        assert b"[DONE]" in begun + b"".join(content)
        assert server.process.wait(PATIENCE_SECONDS) == 0
        assert list(server.journal_dir.glob("*.jsonl")) == []
        assert account.project.traces.get().status == "ok"


def _wait_until_it_stops(server: LiveServer) -> None:
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while "Waiting for connections to close" not in server.log():
        assert time.monotonic() < give_up_at, server.log()
        time.sleep(0.02)
