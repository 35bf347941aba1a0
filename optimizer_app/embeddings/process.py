"""The one process of a machine that has the embedding model: `manage.py embedding`, which `up` starts.

It answers on a Unix socket in the state folder from its first moment on, and loads the model meanwhile: which
takes a second. It is niced, and the model gets half of the cores, so that requests go first.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import orjson
from threadpoolctl import threadpool_limits

from optimizer_app.embeddings.queue import EmbeddingQueue, Job
from optimizer_app.embeddings.wire import (
    LENGTH_BYTES,
    BadMessage,
    EmbeddingStatus,
    answer,
    length_of,
    socket_name,
)
from token_optimizer.errors import ConfigError
from token_optimizer.optimizer.embeddings.service import EmbeddingService

log = logging.getLogger(__name__)

NICENESS = 10


class AlreadyRuns(Exception):
    """Another embedding process has the socket."""


def run(model_name: str, path: Path) -> NoReturn:
    """Serve on the socket until SIGTERM or SIGINT; AlreadyRuns where somebody else does."""
    with _only_process(path):
        _yield_to_requests()
        process = EmbeddingProcess(model_name)
        threading.Thread(target=process.run_model, name="embedding-model", daemon=True).start()
        asyncio.run(_serve(process, path))
        path.unlink(missing_ok=True)
        # The model's thread may be deep in a library that does not survive the interpreter's end.
        os._exit(0)


class EmbeddingProcess:
    """The model's thread, and the answers to those who ask."""

    def __init__(self, model_name: str) -> None:
        self.status = EmbeddingStatus(
            "loading", asked_for=model_name, reason="the embedding model is loading"
        )
        self._queue = EmbeddingQueue()

    def run_model(self) -> None:
        """Load the model, then embed for ever."""
        started = time.monotonic()
        try:
            service = EmbeddingService(self.status.asked_for)
        except ConfigError as error:
            log.error("the embedding model cannot be loaded: %s", error)
            self.status = replace(self.status, state="absent", reason=str(error))
            self._queue.close()
            return
        self.status = EmbeddingStatus("ready", service.model, service.origin, self.status.asked_for)
        log.info("%s (%s) embeds after %.1f s", service.model, service.origin, time.monotonic() - started)
        while True:
            self._embed_next(service)

    def _embed_next(self, service: EmbeddingService) -> None:
        turn = self._queue.next_turn()
        try:
            turn.finish(service.embed(turn.texts(service.as_query)))
        except Exception as error:  # the model's libraries have no type of their own
            log.error("a turn was not embedded: %s", type(error).__name__)
            turn.fail(error)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection: a question and its answer."""
        try:
            with suppress(BadMessage, ConnectionError, asyncio.IncompleteReadError):
                head = await reader.readexactly(LENGTH_BYTES)
                body = await reader.readexactly(length_of(head))
                writer.write(await self._answer(body, reader))
                await writer.drain()
        finally:
            writer.close()

    async def _answer(self, body: bytes, reader: asyncio.StreamReader) -> bytes:
        try:
            asked = orjson.loads(body)
            job, wait = Job([str(text) for text in asked["texts"]], bool(asked["query"])), bool(asked["wait"])
        except (ValueError, KeyError, TypeError):
            raise BadMessage("the question cannot be read") from None
        state = self.status.state
        if not job.texts or state == "absent" or (state == "loading" and not wait):
            return answer(self.status)
        self._queue.add(job)
        return await self._answer_of(job, reader)

    async def _answer_of(self, job: Job, reader: asyncio.StreamReader) -> bytes:
        answered = asyncio.wrap_future(job.answer)
        gone = asyncio.ensure_future(reader.read(1))
        either: set[asyncio.Future[Any]] = {answered, gone}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        gone.cancel()
        if not answered.done():
            answered.cancel()
            raise ConnectionResetError
        if answered.cancelled():  # the model could not be loaded
            return answer(self.status)
        if error := answered.exception():
            reason = f"the embedding model failed with {type(error).__name__}"
            return answer(replace(self.status, reason=reason))
        return answer(self.status, answered.result())


async def _serve(process: EmbeddingProcess, path: Path) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    server = await asyncio.start_unix_server(process.serve, sock=_listener(path))
    await ended.wait()
    server.close()


def _listener(path: Path) -> socket.socket:
    """A socket that only its owner may connect to, in the place of one that a killed process left."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    mask = os.umask(0o177)
    try:
        with socket_name(path) as name:
            listener.bind(name)
    finally:
        os.umask(mask)
    return listener


@contextmanager
def _only_process(path: Path) -> Iterator[None]:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(path.with_suffix(".lock"), "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRuns(f"another embedding process runs on {path}") from None
        yield


def _yield_to_requests() -> None:
    os.nice(NICENESS)
    threads = max(1, len(os.sched_getaffinity(0)) // 2)
    threadpool_limits(threads)
    # Read by the libraries of a model that numpy does not run, when they are imported.
    os.environ["OMP_NUM_THREADS"] = str(threads)
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    os.environ["HF_HUB_OFFLINE"] = "1"
