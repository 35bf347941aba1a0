"""The one process of a machine that has the embedding model: `manage.py embedding`, which `up` starts.

It serves HTTP on a Unix socket in the state folder from its start, while the model loads, which takes a
second. It is niced, and the model gets half of the cores, so that requests go first.
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
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from aiohttp import web
from threadpoolctl import threadpool_limits

from optimizer_app.embeddings import wire
from optimizer_app.embeddings.queue import EmbeddingQueue, Job, NoModel
from optimizer_app.embeddings.wire import BadMessage, EmbeddingStatus, Question, Vectors, socket_name
from token_optimizer.errors import ConfigError
from token_optimizer.optimizer.embeddings.service import EmbeddingService

log = logging.getLogger(__name__)

NICENESS = 10


class AlreadyRuns(Exception):
    """Another embedding process has the socket."""


def run(model_name: str, path: Path) -> NoReturn:
    """Serve on the socket until SIGTERM or SIGINT; AlreadyRuns where another process does."""
    with _only_process(path):
        _yield_to_requests()
        process = EmbeddingProcess(model_name)
        threading.Thread(target=process.run_model, name="embedding-model", daemon=True).start()
        asyncio.run(_serve(process, path))
        path.unlink(missing_ok=True)
        # The model's thread may be deep in a library that does not survive the interpreter's end.
        os._exit(0)


class EmbeddingProcess:
    """The model's thread, and the endpoint for its clients."""

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

    async def answer(self, request: web.Request) -> web.Response:
        """The endpoint. It is cancelled where the caller leaves."""
        try:
            question = wire.decoded_question(await request.read())
        except BadMessage as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        return web.Response(body=await self._answer(question), content_type="application/msgpack")

    async def _answer(self, question: Question) -> bytes:
        state = self.status.state
        if not question.texts or state == "absent" or (state == "loading" and not question.wait):
            return wire.encoded_answer(self.status)
        job = Job(question.texts, question.query)
        self._queue.add(job)
        # Cancelling this future takes the job off the queue.
        vectors: asyncio.Future[Vectors] = asyncio.wrap_future(job.answer)
        try:
            return wire.encoded_answer(self.status, await vectors)
        except NoModel:
            return wire.encoded_answer(self.status)
        except Exception as error:  # the model's libraries have no type of their own
            reason = f"the embedding model failed with {type(error).__name__}"
            return wire.encoded_answer(replace(self.status, reason=reason))


async def _serve(process: EmbeddingProcess, path: Path) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    application = web.Application(client_max_size=wire.MAX_QUESTION_BYTES)
    application.router.add_post(wire.PATH, process.answer)
    runner = web.AppRunner(application, handler_cancellation=True, access_log=None)
    await runner.setup()
    await web.SockSite(runner, _listener(path)).start()
    await ended.wait()


def _listener(path: Path) -> socket.socket:
    """A socket that only its owner may connect to; it replaces one that a killed process left."""
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
