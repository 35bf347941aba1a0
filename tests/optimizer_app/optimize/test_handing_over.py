"""The result of a large prompt comes before the pool's process has remembered what is sent; what then goes
wrong is told and costs the prompt nothing."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings
from structlog.testing import capture_logs

from benchmarks.cases.conversations import conversation, next_turn
from optimizer_app.optimize import pool as pool_module
from optimizer_app.optimize.inline import INLINE_BYTES, NOT_REMEMBERED, OptimizationRequest, Optimized
from optimizer_app.optimize.pool import MAX_SECONDS, OptimizerPool, load_tables
from optimizer_app.optimize.process import OptimizerProcess
from optimizer_app.optimize.service import optimize_request, optimizer_pool
from optimizer_app.trace_ids import new_trace_id
from tests.optimizer_app.optimize.failing_processes import load_breaking, load_dying, load_hanging
from token_optimizer.config import OptimizerConfig

on_the_files_loop = pytest.mark.asyncio(loop_scope="module")
MESSAGES = conversation(4_000, seed=21)


def _request(messages: object = MESSAGES, secret: str = "") -> OptimizationRequest:
    return OptimizationRequest(
        {"messages": messages},
        "openai",
        OptimizerConfig.preset("balanced"),
        "gpt-4o",
        new_trace_id(),
        INLINE_BYTES + 1,
        secret=secret or uuid.uuid4().hex,
        remembers_later=True,
    )


@on_the_files_loop
async def test_it_works(pool: OptimizerPool) -> None:
    request = _request()
    result = await optimize_request(request, pool)
    assert result.remembering is not None
    assert not result.stats.segments
    await result.remembered()
    assert result.remembering is None
    at_once = await optimize_request(replace(request, secret=uuid.uuid4().hex, remembers_later=False), pool)
    assert at_once.remembering is None
    tokens = [[segment.tokens for segment in each.stats.segments] for each in (result, at_once)]
    assert tokens[0]
    assert tokens[0] == tokens[1]


@on_the_files_loop
async def test_a_next_turn_that_comes_before_it_is_right(pool: OptimizerPool) -> None:
    first = _request()
    turns = [first, _request(next_turn(MESSAGES, seed=22), first.secret)]
    one, two = [await optimize_request(turn, pool) for turn in turns]
    # Nothing was awaited between the two: only the process knew the first one.
    assert one.remembering is not None or one.stats.segments
    await two.remembered()
    third = _request(next_turn(next_turn(MESSAGES, seed=22), seed=23), first.secret)
    three = await optimize_request(third, pool)
    sent = [result.body["messages"] for result in (one, two, three)]
    assert sent[1][: len(sent[0])] == sent[0]
    assert sent[2][: len(sent[1])] == sent[1]
    assert any(block.frozen for block in two.stats.blocks)
    # The last one was worked on here, where it is remembered by the sender.
    assert three.remember is not None


@pytest.mark.parametrize("load", [load_dying, load_hanging, load_breaking])
async def test_what_goes_wrong_then_is_told_and_costs_the_prompt_nothing(
    load: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TOKEN_OPTIMIZER_STRICT", raising=False)
    monkeypatch.setattr(pool_module, "_load_all", load)
    # Only what hangs has to be waited for, and on a busy machine comes to hang late.
    seconds = 15.0 if load is load_hanging else MAX_SECONDS
    monkeypatch.setattr(pool_module, "max_seconds", lambda _: seconds)
    results: list[Optimized] = []
    with capture_logs() as logs:
        async with optimizer_pool(settings.REDIS_URL) as pool:
            for _ in range(2):
                results.append(await optimize_request(_request(), pool))
                await results[-1].remembered()
    errors = [entry["error"] for entry in logs if entry["event"] == "conversation_not_remembered"]
    assert errors == 2 * ["ValueError" if load is load_breaking else "OptimizerStopped"]
    for result in results:
        assert result.stats.tokens_saved > 0
        assert not result.stats.fallback_used
        assert not result.stats.segments


async def test_while_it_goes_on_nobody_waits_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "_load_all", load_hanging)
    async with optimizer_pool(settings.REDIS_URL) as pool:
        first = await optimize_request(_request(), pool)
        monkeypatch.setattr(pool_module, "MAX_WAIT_SECONDS", 0.01)
        second = await optimize_request(_request(), pool)
    assert first.stats.tokens_saved > 0
    assert "its turn did not come" in second.stats.fallback_reason


@on_the_files_loop
async def test_a_client_that_leaves_gives_its_answer_to_nobody_else(pool: OptimizerPool) -> None:
    first, second = _request(), _request(conversation(4_000, seed=24))
    leaving = asyncio.create_task(optimize_request(first, pool))
    for _ in range(3):
        await asyncio.sleep(0)
    leaving.cancel()
    result = await optimize_request(second, pool)
    await result.remembered()
    assert leaving.cancelled()
    assert result.stats.trace_id == str(second.trace_id)
    assert result.stats.segments


def test_for_a_client_that_has_left_no_process_is_asked() -> None:
    optimized: Future[Optimized] = Future()
    optimized.cancel()
    process = OptimizerProcess("", "", load_tables)
    assert process.answer(_request(), 60.0, optimized) is NOT_REMEMBERED
