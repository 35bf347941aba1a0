"""Streams that clients leave: read on for their usage where the project wants it, else estimated."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest
from django.utils import timezone

from gateway.draining import MAX_AT_ONCE, Drain, Drains
from optimizer_app.limits.holders import project_holder
from optimizer_app.limits.present import present_use
from tests.gateway.accounts import Account
from tests.gateway.prompts import CLAUDE, HI, MODEL
from tests.patience import PATIENCE_SECONDS
from tests.provider.mock_provider import MockProvider, Reply
from token_optimizer.tokens.counts import count_body

CHAT, MESSAGES = "/v1/chat/completions", "/v1/messages"
TEXT = "word " * 40
BODIES = {
    CHAT: {"model": MODEL, "messages": HI, "stream": True},
    MESSAGES: {"model": CLAUDE, "max_tokens": 900, "messages": HI, "stream": True},
}


def leave(account: Account, path: str) -> str:
    """Leave a stream after its first words; the id of its trace, once the gateway knows that we left."""
    response = account.post(path, BODIES[path], stream=True)
    pieces = response.iter_content(chunk_size=None)
    while b"word" not in next(pieces):
        pass
    response.close()
    # What came over another connection later is answered later.
    for _ in range(2):
        account.get("/v1/models")
    return str(response.headers["x-optimizer-trace-id"])


def drain(account: Account, seconds: int, tokens: int = 1000) -> None:
    account.project.drain_seconds, account.project.drain_tokens = seconds, tokens
    account.project.save()


@pytest.mark.parametrize("path", [CHAT, MESSAGES])
def test_a_stream_is_read_on_until_it_tells_its_usage(
    account: Account, provider: MockProvider, release: threading.Event, path: str
) -> None:
    drain(account, 60)
    provider.script(Reply(release=release, hold_after=4, text=TEXT, cached_tokens=3, prompt_tokens=7))
    trace_id = leave(account, path)
    release.set()
    trace = account.trace(trace_id)

    assert (trace["status"], trace["error"]) == ("interrupted", "the client left")
    assert (trace["usage_input_tokens"], trace["usage_cached_tokens"]) == (7, 3)
    assert trace["usage_output_tokens"] == 41
    assert not trace["usage_is_estimated"]
    assert not trace["billed_is_estimated"]
    assert not provider.client_left.is_set()


def test_it_is_read_on_for_so_many_tokens(
    account: Account, provider: MockProvider, release: threading.Event
) -> None:
    drain(account, 60, tokens=100)
    provider.script(Reply(release=release, hold_after=4, text="word " * 200_000))
    trace_id = leave(account, CHAT)
    release.set()
    trace = account.trace(trace_id)

    assert trace["usage_is_estimated"]
    assert trace["billed_is_estimated"]
    assert 100 <= trace["usage_output_tokens"] < 100_000
    assert provider.client_left.wait(PATIENCE_SECONDS)


@pytest.mark.parametrize("path", [CHAT, MESSAGES])
def test_it_is_closed_at_once_by_default(
    account: Account, provider: MockProvider, release: threading.Event, path: str
) -> None:
    provider.script(Reply(release=release, hold_after=9, text=TEXT))
    trace = account.trace(leave(account, path))
    dialect: Any = "openai" if path == CHAT else "anthropic"

    assert trace["usage_is_estimated"]
    # Claude's input is told as the stream begins.
    assert trace["usage_input_tokens"] == count_body(BODIES[path], dialect, str(BODIES[path]["model"]))
    assert 1 <= trace["usage_output_tokens"] <= 12
    assert trace["billed_usd"] > 0
    assert trace["billed_is_estimated"]


def test_limits_count_what_was_read_on(
    account: Account, provider: MockProvider, release: threading.Event
) -> None:
    account.project.max_tokens_per_minute = 1_000_000
    drain(account, 60)
    provider.script(Reply(release=release, hold_after=4, text=TEXT, prompt_tokens=5_000))
    trace_id = leave(account, CHAT)
    release.set()
    account.trace(trace_id)

    used = present_use(project_holder(account.project, timezone.now()))
    assert [use.used for use in used if use.name == "tokens_per_minute"] == [5_041]


class EndlessAnswer:
    status, headers, framed = 200, [], True

    def __init__(self) -> None:
        self.was_read = False

    def header(self, name: str) -> str:
        return ""

    async def chunks(self) -> AsyncIterator[bytes]:
        self.was_read = True
        await asyncio.Event().wait()
        yield b""


class Unfinished:
    finished = False
    answer_tokens = 0

    def feed(self, data: bytes) -> bytes:
        return data


def test_only_so_many_are_read_on_at_a_time() -> None:
    answer, drains = EndlessAnswer(), Drains(running=MAX_AT_ONCE)
    asyncio.run(Drain(drains, 60, 100).read_on(answer, Unfinished()))

    assert not answer.was_read
    assert drains.running == MAX_AT_ONCE


def test_a_stream_that_hangs_is_read_on_for_so_many_seconds() -> None:
    answer, drains = EndlessAnswer(), Drains()
    asyncio.run(Drain(drains, 1, 100).read_on(answer, Unfinished()))

    assert answer.was_read
    assert drains.running == 0
