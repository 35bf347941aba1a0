"""The messages between the embedding process and its clients: HTTP on a Unix socket, MessagePack bodies.

`POST /embed` takes a `Question` and answers with an `Answer`. A question without texts asks for the status
alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from token_optimizer.optimizer.embeddings.models import DIMENSIONS

PATH = "/embed"
MAX_QUESTION_BYTES = 16 << 20
# A socket's path may be 107 bytes long on Linux, 103 elsewhere.
_MAX_PATH_BYTES = 100

State = Literal["loading", "ready", "absent"]
Vectors = NDArray[np.float32]


class BadMessage(Exception):
    """The other side sent something else than a whole message."""


@dataclass(frozen=True, slots=True)
class EmbeddingStatus:
    """Whether texts can be embedded now, and by which model; `asked_for` is the configured one.

    `loading`: there is a process, which cannot embed yet. `reason` says in a few words why texts cannot be
    embedded, fit to be shown to people.
    """

    state: State
    model: str = ""
    origin: str = ""
    asked_for: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """Texts to embed. `wait`: while the model loads, wait for it."""

    texts: tuple[str, ...] = ()
    query: bool = False
    wait: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """The status, and rows of float32 as they lie in memory; no rows where nothing was embedded."""

    status: EmbeddingStatus
    rows: bytes = b""


_encode = msgspec.msgpack.Encoder().encode
_decode_question = msgspec.msgpack.Decoder(Question).decode
_decode_answer = msgspec.msgpack.Decoder(Answer).decode


def encoded_question(question: Question) -> bytes:
    return _encode(question)


def decoded_question(data: bytes) -> Question:
    """The question; BadMessage where it is none."""
    try:
        return _decode_question(data)
    except msgspec.MsgspecError as error:
        raise BadMessage("the question cannot be read") from error


def encoded_answer(status: EmbeddingStatus, vectors: Vectors | None = None) -> bytes:
    rows = b"" if vectors is None else np.ascontiguousarray(vectors, dtype=np.float32).tobytes()
    return _encode(Answer(status, rows))


def decoded_answer(data: bytes) -> tuple[EmbeddingStatus, Vectors]:
    """The status and the vectors; BadMessage where it is no answer."""
    try:
        answer = _decode_answer(data)
        return answer.status, np.frombuffer(answer.rows, dtype=np.float32).reshape(-1, DIMENSIONS)
    except (msgspec.MsgspecError, ValueError) as error:
        raise BadMessage("the answer cannot be read") from error


@contextmanager
def socket_name(path: Path) -> Iterator[str]:
    """A name for the socket that is short enough, however long the path of its folder is."""
    if len(os.fsencode(path)) <= _MAX_PATH_BYTES:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
