"""What passes between the embedding process and those who ask it: one question and one answer a connection.

    question   4 bytes of length, and that much JSON: {"texts": [...], "query": false, "wait": false}
    answer     4 bytes of length, and that much JSON: {"state": ..., "model": ..., "rows": n, ...};
               then n rows of float32, as they lie in memory

A question without texts asks for the status alone.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import orjson
from numpy.typing import NDArray

from token_optimizer.optimizer.embeddings.models import DIMENSIONS

LONGEST_QUESTION_BYTES = 16 << 20
LENGTH_BYTES = 4
_LENGTH = struct.Struct("!I")
# A socket's path may be 107 bytes long on Linux, 103 elsewhere.
_LONGEST_PATH_BYTES = 100

State = Literal["loading", "ready", "absent"]


class BadMessage(Exception):
    """The other side sent something else than a message, or not all of it."""


@dataclass(frozen=True, slots=True)
class EmbeddingStatus:
    """Whether texts can be embedded now, and by which model; `asked_for` is the one that is configured.

    `loading`: there is a process, which cannot embed yet. `reason` says in a few words why texts cannot be
    embedded, fit to be shown to people.
    """

    state: State
    model: str = ""
    origin: str = ""
    asked_for: str = ""
    reason: str = ""


def question(texts: list[str], *, query: bool, wait: bool) -> bytes:
    body = orjson.dumps({"texts": texts, "query": query, "wait": wait})
    return _LENGTH.pack(len(body)) + body


def length_of(head: bytes) -> int:
    """How many bytes of JSON follow."""
    length: int = _LENGTH.unpack(head)[0]
    if length > LONGEST_QUESTION_BYTES:
        raise BadMessage(f"a message of {length} bytes is longer than {LONGEST_QUESTION_BYTES}")
    return length


def answer(status: EmbeddingStatus, vectors: NDArray[np.float32] | None = None) -> bytes:
    rows = 0 if vectors is None else len(vectors)
    body = orjson.dumps({**asdict(status), "rows": rows})
    data = b"" if vectors is None else np.ascontiguousarray(vectors, dtype=np.float32).tobytes()
    return _LENGTH.pack(len(body)) + body + data


def read_answer(data: bytes) -> tuple[EmbeddingStatus, NDArray[np.float32]]:
    """The status and the vectors of a whole answer; BadMessage where it broke off."""
    if len(data) < LENGTH_BYTES:
        raise BadMessage("the answer broke off")
    end = LENGTH_BYTES + length_of(data[:LENGTH_BYTES])
    try:
        fields: dict[str, Any] = orjson.loads(data[LENGTH_BYTES:end])
        rows = fields.pop("rows")
        vectors = np.frombuffer(data[end:], dtype=np.float32).reshape(rows, DIMENSIONS)
        return EmbeddingStatus(**fields), vectors
    except (ValueError, KeyError, TypeError) as error:
        raise BadMessage("the answer broke off") from error


@contextmanager
def socket_name(path: Path) -> Iterator[str]:
    """A name for the socket that is short enough, however long the path of its folder is."""
    if len(os.fsencode(path)) <= _LONGEST_PATH_BYTES:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
