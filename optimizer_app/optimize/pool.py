"""Large prompts of one web worker: each waits for its turn at the worker's optimizer process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from uuid import UUID
from weakref import WeakValueDictionary

from django.conf import settings

from optimizer_app.optimize.conversations import Conversations
from optimizer_app.optimize.fork_server import start_fork_server
from optimizer_app.optimize.inline import OptimizationRequest, Optimized, Remembered
from optimizer_app.optimize.process import OptimizerProcess, OptimizerStopped
from optimizer_app.prices.file import use_price_file
from token_optimizer.optimizer.conversation.cache_prices import cache_prices
from token_optimizer.optimizer.stages import compress as compress_stage
from token_optimizer.tokens.counts import count_texts
from token_optimizer.tokens.tokenizers import use_tokenizers_of_environment

# What a prompt may take beyond its config's `max_latency_ms`, which holds for the costly stages alone: many
# times what the other ones take of a prompt of that size on a busy machine.
GRACE_SECONDS = 4.0
GRACE_SECONDS_PER_100_KB = 4.0
MAX_SECONDS = 60.0
MAX_WAIT_SECONDS = 30.0


class OptimizerPool:
    """The process for large prompts, and the conversations that this worker remembers for small ones.

    The process is started before the first large prompt comes. Projects take turns: however many prompts one
    sends, those of others wait for one of them.
    """

    def __init__(self, redis_url: str = "", database: str = "") -> None:
        self._process = OptimizerProcess(redis_url, database, partial(_load_all, settings.PRICES_FILE))
        # Its thread must live as long as the process.
        self._thread = ThreadPoolExecutor(1, "optimizer")
        self._turn = asyncio.Lock()
        self._project_turns: WeakValueDictionary[UUID | None, asyncio.Lock] = WeakValueDictionary()
        self.conversations = Conversations(redis_url) if redis_url else None

    async def warm(self) -> None:
        """Start the process now, so that the first large prompt does not wait for its imports."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._process.wait_until_ready)

    async def run(self, request: OptimizationRequest) -> Optimized:
        """The optimized request, which is being remembered. OptimizerStopped where its turn does not come, or
        it takes too long."""
        later = replace(request, remembers_later=True)
        optimized: Future[Optimized] = Future()
        with await self._turn_of(request.project_id) as turn:
            # It starts the process where that does not run.
            answer = self._process.answer
            remembering = asyncio.wrap_future(
                self._thread.submit(answer, later, max_seconds(request), optimized)
            )
            remembering.add_done_callback(partial(_end_turn, turn.pop_all()))
        result = await asyncio.wrap_future(optimized)
        result.is_remembered_by(remembering)
        return result

    def close(self) -> None:
        self._process.close()
        self._thread.submit(self._process.end)
        self._thread.shutdown(wait=False)

    async def _turn_of(self, project_id: UUID | None) -> ExitStack:
        """The project's turn at the process, which ends with what is returned."""
        of_project = self._project_turns.setdefault(project_id, asyncio.Lock())
        with ExitStack() as turn:
            try:
                async with asyncio.timeout(MAX_WAIT_SECONDS):
                    for lock in (of_project, self._turn):
                        await lock.acquire()
                        turn.callback(lock.release)
            except TimeoutError:
                late = f"its turn did not come within {MAX_WAIT_SECONDS:g} s"
                raise OptimizerStopped(late, over_time=True) from None
            return turn.pop_all()


def _end_turn(turn: ExitStack, remembering: asyncio.Future[Remembered]) -> None:
    """The process has remembered what is sent, or has ended, which whoever waits for the result is told."""
    if not remembering.cancelled():
        remembering.exception()
    turn.close()


def max_seconds(request: OptimizationRequest) -> float:
    """How long the request may take before its process is killed."""
    grace = GRACE_SECONDS + GRACE_SECONDS_PER_100_KB * request.size_bytes / 100_000
    return min(request.config.max_latency_ms / 1000 + grace, MAX_SECONDS)


_worker_pool: OptimizerPool | None = None


def worker_pool() -> OptimizerPool | None:
    """The open pool of this worker; None in a process that has none."""
    return _worker_pool


@asynccontextmanager
async def optimizer_pool(redis_url: str = "", database: str = "") -> AsyncIterator[OptimizerPool]:
    """The pool for the life of a worker, which is ready for small prompts at once.

    Conversations are remembered, and shared with other workers, where `redis_url` names a server.
    Precompressed texts are looked for where `database` says how to reach PostgreSQL.
    """
    await asyncio.to_thread(load_tables)
    await asyncio.to_thread(use_tokenizers_of_environment)
    global _worker_pool
    _worker_pool = pool = OptimizerPool(redis_url, database)
    warming = asyncio.create_task(pool.warm())
    try:
        yield pool
    finally:
        _worker_pool = None
        warming.cancel()
        pool.close()
        if pool.conversations is not None:
            await asyncio.to_thread(pool.conversations.close)


def _load_all(prices: Path) -> None:
    """What a process of its own has to load itself."""
    use_price_file(prices)
    load_tables()


def start_forking() -> None:
    """Have the pool's processes forked from this one, which has imported the application and does not serve
    yet. The word vectors are left to them: reading these starts threads."""
    _load_ranks()
    start_fork_server()


def load_tables() -> None:
    """Read the ranks of the newest encoding, the price list and the word vectors now: each costs the first
    request that needs it half a second."""
    _load_ranks()
    cache_prices("gpt-4o", "openai")
    compress_stage.load()


def _load_ranks() -> None:
    count_texts(["warm"], "gpt-4o")
