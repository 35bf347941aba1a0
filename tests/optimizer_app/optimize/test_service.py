"""Where prompts are optimized, and what holds when that breaks."""

from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psutil
import pytest
from tokenizers import Tokenizer, models

from optimizer_app.optimize import inline
from optimizer_app.optimize import pool as pool_module
from optimizer_app.optimize.service import (
    INLINE_BYTES,
    INLINE_MS,
    OptimizationRequest,
    OptimizerPool,
    optimize_request,
    optimizer_pool,
    untouched,
    worker_pool,
)
from optimizer_app.trace_ids import new_trace_id
from tests.token_optimizer.optimizer.bodies import openai_body
from token_optimizer.config import OptimizerConfig
from token_optimizer.errors import PromptError
from token_optimizer.models import WhyNot
from token_optimizer.runtime.latency import Latency
from token_optimizer.tokens import tokenizers
from token_optimizer.tokens.counts import count_body

on_the_files_loop = pytest.mark.asyncio(loop_scope="module")


def _request(body: Any, size_bytes: int = 1) -> OptimizationRequest:
    return OptimizationRequest(
        body, "openai", OptimizerConfig.preset("balanced"), "gpt-4o", new_trace_id(), size_bytes
    )


def _pool_process() -> int:
    """The id of the process that the newest pool has spawned; an older pool's may be ending."""
    children = filter(_is_spawned, psutil.Process().children())
    return max(children, key=psutil.Process.create_time).pid


def _is_spawned(child: psutil.Process) -> bool:
    try:
        return "spawn_main" in " ".join(child.cmdline())
    except psutil.NoSuchProcess:
        # An older pool's has ended.
        return False


@pytest.fixture(scope="module", autouse=True)
def process(pool: OptimizerPool) -> int:
    """The id of the shared pool's process, found while there is no other."""
    return _pool_process()


@on_the_files_loop
async def test_it_works_in_both_places_alike(pool: OptimizerPool) -> None:
    inline = await optimize_request(_request(openai_body()), pool)
    pooled = await optimize_request(_request(openai_body(), INLINE_BYTES + 1), pool)
    assert inline.stats.tokens_after < inline.stats.tokens_before
    assert pooled.body == inline.body
    assert pooled.stats.blocks == inline.stats.blocks


async def test_pages_use_the_pool_of_their_worker() -> None:
    async with optimizer_pool() as pool:
        assert worker_pool() is pool
    assert worker_pool() is None
    result = await optimize_request(_request(openai_body(), INLINE_BYTES + 1), None)
    assert result.stats.tokens_after < result.stats.tokens_before


async def test_a_model_s_own_tokenizer_counts_in_both_places(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "tokenizer.json"
    Tokenizer(models.WordLevel({"a": 0}, unk_token="a")).save(str(file))
    monkeypatch.setattr(tokenizers, "_BY_PREFIX", {})
    monkeypatch.setenv("OPTIMIZER_TOKENIZERS", f"gpt-4o={file}")
    async with optimizer_pool() as pool:
        inline = await optimize_request(_request(openai_body()), pool)
        pooled = await optimize_request(_request(openai_body(), INLINE_BYTES + 1), pool)
    assert pooled.stats.tokens_before == inline.stats.tokens_before
    assert inline.stats.tokens_before < count_body(openai_body(), "openai", "gpt-4") / 2


def test_a_large_prompt_is_not_worked_on_in_this_process(process: int) -> None:
    assert os.getpriority(os.PRIO_PROCESS, process) > os.getpriority(os.PRIO_PROCESS, 0)


async def test_a_killed_process_is_replaced() -> None:
    async with optimizer_pool() as pool:
        await pool.warm()
        os.kill(_pool_process(), signal.SIGKILL)
        # It may take the kernel a moment to end it, which is the last request that fails.
        results = [await optimize_request(_request(openai_body(), INLINE_BYTES + 1), pool) for _ in range(2)]
    assert results[1].stats.tokens_saved > 0


async def test_a_process_that_hangs_is_killed_and_the_request_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    body = openai_body()
    hasty = replace(
        _request(body, INLINE_BYTES + 1), config=OptimizerConfig.preset("balanced", max_latency_ms=1)
    )
    async with optimizer_pool() as pool:
        await pool.warm()
        hung = _pool_process()
        os.kill(hung, signal.SIGSTOP)
        with monkeypatch.context() as patch:
            patch.setattr(pool_module, "GRACE_SECONDS", 0.1)
            first = await optimize_request(hasty, pool)
        assert not psutil.pid_exists(hung)
        second = await optimize_request(_request(body, INLINE_BYTES + 1), pool)
    assert first.body == body
    assert (first.stats.route, first.stats.tokens_saved) == ("bypass", 0)
    assert first.stats.stages[0].status == "failed"
    assert "its process was stopped after 1." in first.stats.fallback_reason
    assert first.stats.why_not is WhyNot.OVER_TIME
    assert second.stats.tokens_saved > 0


async def test_what_cannot_be_sent_to_the_process_leaves_it_alone() -> None:
    nested: Any = []
    for _ in range(100_000):
        nested = [nested]
    body = {**openai_body(), "metadata": nested}
    async with optimizer_pool() as pool:
        await pool.warm()
        process = _pool_process()
        result = await optimize_request(_request(body, INLINE_BYTES + 1), pool)
        assert _pool_process() == process
        await optimize_request(_request(openai_body(), INLINE_BYTES + 1), pool)
        assert _pool_process() == process
    assert result.body["metadata"] is nested
    assert result.stats.why_not is WhyNot.FAILED


@on_the_files_loop
async def test_projects_take_turns(pool: OptimizerPool) -> None:
    order: list[str] = []

    async def send(project_id: UUID, name: str) -> None:
        request = replace(_request(openai_body(), INLINE_BYTES + 1), project_id=project_id)
        await optimize_request(request, pool)
        order.append(name)

    many, other = uuid4(), uuid4()
    async with asyncio.TaskGroup() as tasks:
        for number in range(4):
            tasks.create_task(send(many, f"many {number}"))
        tasks.create_task(send(other, "other"))
    assert order.index("other") == 1


@on_the_files_loop
async def test_a_request_whose_turn_does_not_come_goes_on(
    pool: OptimizerPool, process: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_module, "MAX_WAIT_SECONDS", 0.01)
    request = _request(openai_body(), INLINE_BYTES + 1)
    os.kill(process, signal.SIGSTOP)
    waiting = asyncio.create_task(optimize_request(request, pool))
    await asyncio.sleep(0)
    late = await optimize_request(request, pool)
    os.kill(process, signal.SIGCONT)
    assert (await waiting).stats.tokens_saved > 0
    assert "its turn did not come" in late.stats.fallback_reason
    assert late.stats.why_not is WhyNot.OVER_TIME


@on_the_files_loop
async def test_on_the_event_loop_no_stage_takes_long(
    pool: OptimizerPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits: list[float] = []

    def noted(limit_ms: float) -> Latency:
        limits.append(limit_ms)
        return Latency(limit_ms)

    monkeypatch.setattr(inline, "Latency", noted)
    patient = replace(_request(openai_body()), config=OptimizerConfig.preset("balanced"))
    hasty = replace(patient, config=OptimizerConfig.preset("balanced", max_latency_ms=40))
    await optimize_request(patient, pool)
    await optimize_request(hasty, pool)
    assert limits == [INLINE_MS, 40]


@on_the_files_loop
async def test_what_is_no_prompt_is_the_callers_fault(pool: OptimizerPool) -> None:
    for size_bytes in (1, INLINE_BYTES + 1):
        with pytest.raises(PromptError, match="messages must be a list"):
            await optimize_request(_request({"messages": "hi"}, size_bytes), pool)


def test_an_untouched_request_is_counted() -> None:
    result = untouched(_request(openai_body()), WhyNot.BYPASSED)
    assert not result.changed
    assert result.stats.tokens_before == result.stats.tokens_after
    assert result.stats.tokens_before == count_body(openai_body(), "openai", "gpt-4o")
    assert result.stats.route == "bypass"
    assert result.stats.why_not is WhyNot.BYPASSED
