"""The process for large prompts: one niced process beside each web worker."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager

from optimizer_app.child_processes import end_with_parent
from optimizer_app.optimize.conversations import Conversations
from optimizer_app.optimize.inline import OptimizationRequest, Optimized, run_inline
from optimizer_app.precompression.lookups import PrecompressionReader
from token_optimizer.optimizer.conversation.cache_prices import cache_prices
from token_optimizer.optimizer.stages import compress as compress_stage
from token_optimizer.tokens.counts import count_texts
from token_optimizer.tokens.tokenizers import use_tokenizers_of_environment

_NICENESS = 5


class OptimizerPool:
    """The process for large prompts, and the conversations that this worker remembers for small ones.

    The process is started before the first large prompt comes, and replaced when it dies.
    """

    def __init__(self, redis_url: str = "", database: str = "") -> None:
        self._redis_url = redis_url
        self._database = database
        self._executor: ProcessPoolExecutor | None = None
        self.conversations = Conversations(redis_url) if redis_url else None

    async def warm(self) -> None:
        """Start the process now, so that the first large prompt does not wait for its imports."""
        await asyncio.get_running_loop().run_in_executor(self._ready(), load_tables)

    async def run(self, request: OptimizationRequest) -> Optimized:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._ready(), _run_in_process, request)
        except BrokenProcessPool:
            self.close()
            raise

    def close(self) -> None:
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)
            self._executor = None

    def _ready(self) -> ProcessPoolExecutor:
        if self._executor is None:
            # spawn: a fork would take the event loop's sockets and the database connections along.
            context = multiprocessing.get_context("spawn")
            self._executor = ProcessPoolExecutor(
                1, mp_context=context, initializer=_start_process, initargs=(self._redis_url, self._database)
            )
        return self._executor


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


def load_tables() -> None:
    """Read the ranks of the newest encoding, the price list and the word vectors now: each costs the first
    request that needs it half a second."""
    count_texts(["warm"], "gpt-4o")
    cache_prices("gpt-4o", "openai")
    compress_stage.load()


_process_conversations: Conversations | None = None
_process_reader: PrecompressionReader | None = None


def _run_in_process(request: OptimizationRequest) -> Optimized:
    return run_inline(request, _process_conversations, reader=_process_reader)


def _start_process(redis_url: str, database: str) -> None:
    """Give way to the workers that serve, leave signals to them, and die with the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(_NICENESS)
    # Elsewhere than on Linux the process ends when its queue closes.
    end_with_parent()
    parent = multiprocessing.parent_process()
    if parent is None or os.getppid() != parent.pid:
        # The worker died while this process was starting.
        os._exit(1)
    use_tokenizers_of_environment()
    global _process_conversations, _process_reader
    if redis_url:
        _process_conversations = Conversations(redis_url)
    if database:
        _process_reader = PrecompressionReader(database)
