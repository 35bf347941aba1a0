"""Next turns with little that is new are optimized in the web worker, all others in its pool's process."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings

from benchmarks.cases.conversations import conversation, next_turn
from optimizer_app.optimize.conversations import Conversations
from optimizer_app.optimize.inline import INLINE_BRANCH_BYTES
from optimizer_app.optimize.pool import OptimizerPool
from optimizer_app.optimize.service import (
    INLINE_BYTES,
    OptimizationRequest,
    Optimized,
    optimize_request,
)
from optimizer_app.trace_ids import new_trace_id
from token_optimizer.config import OptimizerConfig

pytestmark = pytest.mark.asyncio(loop_scope="module")
PROJECT = uuid.uuid4()


class Turns:
    """A conversation that grows, sent turn by turn, and whether the pool's process worked on each."""

    def __init__(self, pool: OptimizerPool, budget_tokens: int | None = None) -> None:
        self._pool = pool
        self._secret = uuid.uuid4().hex
        self._budget_tokens = budget_tokens
        self.messages = conversation(4_000, seed=11)
        self.size_bytes = INLINE_BYTES + 1
        self.pooled: list[bool] = []
        self.results: list[Optimized] = []

    async def send(self) -> Optimized:
        request = OptimizationRequest(
            {"messages": self.messages},
            "openai",
            OptimizerConfig.preset("balanced"),
            "gpt-4o",
            new_trace_id(),
            self.size_bytes,
            budget_tokens=self._budget_tokens,
            secret=self._secret,
            project_id=PROJECT,
        )
        with _noted_runs(self._pool) as runs:
            self.results.append(await optimize_request(request, self._pool))
        self.pooled.append(bool(runs))
        return self.results[-1]

    async def send_next(self, added: str = "") -> Optimized:
        self.messages = next_turn(self.messages, seed=len(self.messages))
        self.messages[-1] = {**self.messages[-1], "content": self.messages[-1]["content"] + added}
        return await self.send()

    async def ask(self, question: str) -> Optimized:
        """What is sent where this is asked in the place of the newest message."""
        self.messages = [*self.messages[:-1], {"role": "user", "content": question}]
        return await self.send()

    def all_at_once(self) -> list[Any]:
        """What was sent, by its messages but the last two, which change from turn to turn."""
        return [result.body["messages"][:-2] for result in self.results]


@contextmanager
def _noted_runs(pool: OptimizerPool) -> Iterator[list[OptimizationRequest]]:
    runs: list[OptimizationRequest] = []
    run = pool.run

    async def noted(request: OptimizationRequest) -> Optimized:
        runs.append(request)
        return await run(request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pool, "run", noted)
        yield runs


async def test_it_works(pool: OptimizerPool) -> None:
    turns = Turns(pool)
    await turns.send()
    for _ in range(3):
        await turns.send_next()
    assert turns.pooled == [True, False, False, False]
    first, second = turns.results[0].body["messages"], turns.results[-1].body["messages"]
    assert second[: len(first)] == first
    assert {block.frozen for block in turns.results[-1].stats.blocks} == {True, False}


async def test_both_places_come_to_the_same(pool: OptimizerPool) -> None:
    here, there = Turns(pool), Turns(pool)
    await here.send()
    await there.send()
    for _ in range(3):
        one = await here.send_next()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("optimizer_app.optimize.service.INLINE_TURN_BYTES", 0)
            other = await there.send_next()
        assert one.body == other.body
        assert one.stats.blocks == other.stats.blocks
    assert (here.pooled[1:], there.pooled[1:]) == ([False] * 3, [True] * 3)


async def test_another_question_on_the_same_is_worked_on_here(pool: OptimizerPool) -> None:
    here, there = Turns(pool), Turns(pool)
    there.size_bytes = INLINE_BRANCH_BYTES + 1
    for question in ("Which shard lost its lease?", "What does the log say of shard 3?", "Go on."):
        one, other = await here.ask(question), await there.ask(question)
        assert one.body == other.body
        assert one.stats.blocks == other.stats.blocks
    await here.send_next()
    assert (here.pooled, there.pooled) == ([True, False, False, False], [True] * 3)


async def test_a_turn_with_much_that_is_new_is_not_worked_on_here(pool: OptimizerPool) -> None:
    turns = Turns(pool)
    await turns.send()
    await turns.send_next("x" * INLINE_BYTES)
    await turns.send_next()
    assert turns.pooled == [True, True, False]


async def test_a_compaction_is_made_in_the_process_and_holds_here(pool: OptimizerPool) -> None:
    turns = Turns(pool, budget_tokens=2_500)
    await turns.send()
    for _ in range(12):
        await turns.send_next()
    compacted = [result.stats.compacted for result in turns.results]
    assert any(compacted)
    assert all(pooled for pooled, is_anew in zip(turns.pooled, compacted, strict=True) if is_anew)
    behind = compacted.index(True)
    assert False in turns.pooled[behind:]
    for at in range(behind + 1, len(turns.results)):
        before, now = (turns.results[number].body["messages"] for number in (at - 1, at))
        assert compacted[at] or now[: len(before)] == before


async def test_another_worker_has_it_worked_on_in_its_process(pool: OptimizerPool) -> None:
    turns = Turns(pool)
    first = await turns.send()
    assert pool.conversations is not None
    pool.conversations.flush()
    other = Conversations(settings.REDIS_URL)
    try:
        pool.conversations, own = other, pool.conversations
        second = await turns.send_next()
    finally:
        pool.conversations = own
        other.close()
    assert turns.pooled == [True, True]
    assert second.body["messages"][: len(first.body["messages"])] == first.body["messages"]
