"""Texts to vectors, by the embedding process of this machine. No other process loads the model.

    vectors = embed(passages, wait=True)                       # a Celery task
    vectors = await aembed([question], query=True, timeout_seconds=0.3)  # a request

Where the process is absent, still loads, or takes too long, EmbeddingsUnavailable says which, in words that
can be shown to people, and the caller goes on without vectors.
"""

from __future__ import annotations

import asyncio
import http.client
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path

import aiohttp
import numpy as np
from django.conf import settings

from optimizer_app.embeddings import wire
from optimizer_app.embeddings.wire import BadMessage, EmbeddingStatus, Question, Vectors, socket_name
from token_optimizer.optimizer.embeddings.models import DIMENSIONS
from token_optimizer.text.counting import encodable

TIMEOUT_SECONDS = 60.0
STATUS_TIMEOUT_SECONDS = 1.0
# A question of so many texts is answered in some seconds.
_TEXTS_PER_QUESTION = 32
# Longer than any model reads.
_MAX_TEXT_CHARS = 60_000
# The URL's host is ignored on a Unix socket.
_URL = f"http://localhost{wire.PATH}"
_ABSENT = EmbeddingStatus("absent", reason="no embedding process runs on this machine")

Found = tuple[EmbeddingStatus, Vectors]


class EmbeddingsUnavailable(Exception):
    """The texts were not embedded; the message says why, `status` is that of the process."""

    def __init__(self, status: EmbeddingStatus) -> None:
        super().__init__(status.reason)
        self.status = status


def embed(
    texts: Sequence[str],
    *,
    query: bool = False,
    wait: bool = False,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> Vectors:
    """One normalised row of 384 numbers for each text; EmbeddingsUnavailable where that is impossible.

    `query` for questions, which some models want marked. `wait`: while the model loads, wait for it. The
    timeout is that of every 32 texts.
    """
    return _joined(
        [_vectors(_ask(part, timeout_seconds)) for part in _questions(texts, query=query, wait=wait)]
    )


async def aembed(
    texts: Sequence[str],
    *,
    query: bool = False,
    wait: bool = False,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> Vectors:
    """`embed`, for code that must not block."""
    parts = _questions(texts, query=query, wait=wait)
    return _joined([_vectors(await _aask(part, timeout_seconds)) for part in parts])


async def aembed_question(text: str, timeout_seconds: float) -> tuple[Vectors, str]:
    """The vector of a question, and the model that made it; EmbeddingsUnavailable as `embed`."""
    found = await _aask(_questions([text], query=True, wait=False)[0], timeout_seconds)
    return _vectors(found)[0], found[0].model


def status() -> EmbeddingStatus:
    """Whether texts can be embedded now, and by which model. Never raises."""
    try:
        return _ask(Question(), STATUS_TIMEOUT_SECONDS)[0]
    except EmbeddingsUnavailable as error:
        return error.status


async def astatus() -> EmbeddingStatus:
    """`status`, for code that must not block."""
    try:
        return (await _aask(Question(), STATUS_TIMEOUT_SECONDS))[0]
    except EmbeddingsUnavailable as error:
        return error.status


def _questions(texts: Sequence[str], *, query: bool, wait: bool) -> list[Question]:
    sent = [encodable(text.lstrip()[:_MAX_TEXT_CHARS]) for text in texts]
    starts = range(0, len(sent), _TEXTS_PER_QUESTION)
    return [Question(tuple(sent[at : at + _TEXTS_PER_QUESTION]), query, wait) for at in starts]


def _vectors(found: Found) -> Vectors:
    status, vectors = found
    if not len(vectors):
        raise EmbeddingsUnavailable(status)
    return vectors


def _joined(parts: list[Vectors]) -> Vectors:
    return np.concatenate([np.empty((0, DIMENSIONS), dtype=np.float32), *parts])


def _ask(question: Question, timeout_seconds: float) -> Found:
    with _raised_as_unavailable(timeout_seconds):
        connection = _UnixConnection(_path(), timeout_seconds)
        try:
            connection.request("POST", wire.PATH, wire.encoded_question(question))
            response = connection.getresponse()
            return _read(response.status, response.read())
        finally:
            connection.close()


async def _aask(question: Question, timeout_seconds: float) -> Found:
    with _raised_as_unavailable(timeout_seconds), socket_name(_path()) as name:
        async with (
            asyncio.timeout(timeout_seconds),
            aiohttp.ClientSession(connector=aiohttp.UnixConnector(name)) as session,
            session.post(_URL, data=wire.encoded_question(question)) as response,
        ):
            return _read(response.status, await response.read())


def _read(http_status: int, body: bytes) -> Found:
    if http_status != HTTPStatus.OK:
        raise BadMessage(f"the embedding process answered with status {http_status}")
    return wire.decoded_answer(body)


class _UnixConnection(http.client.HTTPConnection):
    """The standard library's client on a Unix socket."""

    def __init__(self, path: Path, timeout_seconds: float) -> None:
        super().__init__("localhost", timeout=timeout_seconds)
        self._socket_path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        with socket_name(self._socket_path) as name:
            self.sock.connect(name)


@contextmanager
def _raised_as_unavailable(timeout_seconds: float) -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        reason = f"the embedding process did not answer in {timeout_seconds:g} s"
        raise EmbeddingsUnavailable(EmbeddingStatus("loading", reason=reason)) from None
    except (OSError, http.client.HTTPException, aiohttp.ClientError, BadMessage):
        raise EmbeddingsUnavailable(_ABSENT) from None


def _path() -> Path:
    path: Path = settings.EMBEDDING_SOCKET
    return path
