"""Texts to vectors, by the embedding process of this machine. Nobody else loads the model.

    vectors = embed(passages, wait=True)                       # a Celery task
    vectors = await aembed([question], query=True, timeout_seconds=0.3)  # a request

Where the process is not there, still loads, or takes too long, EmbeddingsUnavailable says which, in words
that can be shown to people, and the caller goes on without vectors.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from optimizer_app.embeddings.wire import (
    BadMessage,
    EmbeddingStatus,
    question,
    read_answer,
    socket_name,
)
from token_optimizer.optimizer.embeddings.models import DIMENSIONS
from token_optimizer.text import encodable

ANSWERED_WITHIN_SECONDS = 60.0
STATUS_WITHIN_SECONDS = 1.0
# A question of so many texts is answered in some seconds, and fits into a message.
_TEXTS_A_QUESTION = 32
# Longer than any model reads.
_LONGEST_CHARACTERS = 60_000
_READ_BYTES = 1 << 18
_STATUS_QUESTION = question([], query=False, wait=False)
_ABSENT = EmbeddingStatus("absent", reason="no embedding process runs on this machine")

Answer = tuple[EmbeddingStatus, NDArray[np.float32]]


class EmbeddingsUnavailable(Exception):
    """The texts were not embedded; the message says why, `status` what the process says of itself."""

    def __init__(self, status: EmbeddingStatus) -> None:
        super().__init__(status.reason)
        self.status = status


def embed(
    texts: Sequence[str],
    *,
    query: bool = False,
    wait: bool = False,
    timeout_seconds: float = ANSWERED_WITHIN_SECONDS,
) -> NDArray[np.float32]:
    """One normalised row of 384 numbers for each text; EmbeddingsUnavailable where that cannot be had.

    `query` for questions, which some models want marked. `wait`: while the model loads, wait for it. The
    timeout is that of every 32 texts.
    """
    return _joined([_vectors(_ask(part, timeout_seconds)) for part in _questions(texts, query, wait)])


async def aembed(
    texts: Sequence[str],
    *,
    query: bool = False,
    wait: bool = False,
    timeout_seconds: float = ANSWERED_WITHIN_SECONDS,
) -> NDArray[np.float32]:
    """`embed`, for code that must not block."""
    parts = _questions(texts, query, wait)
    return _joined([_vectors(await _aask(part, timeout_seconds)) for part in parts])


async def aembed_question(text: str, timeout_seconds: float) -> tuple[NDArray[np.float32], str]:
    """The vector of a question, and the model that it comes from; EmbeddingsUnavailable as `embed`."""
    message = _questions([text], query=True, wait=False)[0]
    found = await _aask(message, timeout_seconds)
    return _vectors(found)[0], found[0].model


def status() -> EmbeddingStatus:
    """Whether texts can be embedded now, and by which model. Never raises."""
    try:
        return _ask(_STATUS_QUESTION, STATUS_WITHIN_SECONDS)[0]
    except EmbeddingsUnavailable as error:
        return error.status


async def astatus() -> EmbeddingStatus:
    """`status`, for code that must not block."""
    try:
        return (await _aask(_STATUS_QUESTION, STATUS_WITHIN_SECONDS))[0]
    except EmbeddingsUnavailable as error:
        return error.status


def _questions(texts: Sequence[str], query: bool, wait: bool) -> list[bytes]:
    sent = [encodable(text.lstrip()[:_LONGEST_CHARACTERS]) for text in texts]
    starts = range(0, len(sent), _TEXTS_A_QUESTION)
    return [question(sent[at : at + _TEXTS_A_QUESTION], query=query, wait=wait) for at in starts]


def _vectors(answer: Answer) -> NDArray[np.float32]:
    status, vectors = answer
    if not len(vectors):
        raise EmbeddingsUnavailable(status)
    return vectors


def _joined(parts: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    return np.concatenate([np.empty((0, DIMENSIONS), dtype=np.float32), *parts])


def _ask(message: bytes, timeout_seconds: float) -> Answer:
    with _said_as_unavailable(timeout_seconds):
        return read_answer(_exchange(message, time.monotonic() + timeout_seconds))


async def _aask(message: bytes, timeout_seconds: float) -> Answer:
    with _said_as_unavailable(timeout_seconds):
        async with asyncio.timeout(timeout_seconds):
            return read_answer(await _aexchange(message))


def _exchange(message: bytes, give_up_at: float) -> bytes:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_seconds_until(give_up_at))
        with socket_name(_path()) as name:
            connection.connect(name)
        connection.sendall(message)
        received = bytearray()
        while chunk := connection.recv(_READ_BYTES):
            received += chunk
            connection.settimeout(_seconds_until(give_up_at))
        return bytes(received)


async def _aexchange(message: bytes) -> bytes:
    with socket_name(_path()) as name:
        reader, writer = await asyncio.open_unix_connection(name)
    try:
        writer.write(message)
        await writer.drain()
        return await reader.read()
    finally:
        writer.close()


@contextmanager
def _said_as_unavailable(timeout_seconds: float) -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        reason = f"the embedding process did not answer in {timeout_seconds:g} s"
        raise EmbeddingsUnavailable(EmbeddingStatus("loading", reason=reason)) from None
    except (OSError, BadMessage):
        raise EmbeddingsUnavailable(_ABSENT) from None


def _seconds_until(moment: float) -> float:
    """What is left, at least a moment: a timeout of 0 would mean not to wait at all."""
    return max(moment - time.monotonic(), 0.001)


def _path() -> Path:
    path: Path = settings.EMBEDDING_SOCKET
    return path
