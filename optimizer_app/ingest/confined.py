"""Reads a file in a process of its own, which may take only so long and so much memory, and has few rights.

A file can be made to keep a reader busy for ever, to fill the memory, or to crash a library. That ends the
process of its own, and the document has failed with a reason; the worker goes on to the next one.
"""

from __future__ import annotations

import encodings
import json
import os
import pkgutil
import resource
import select
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from functools import cache
from importlib import import_module
from typing import Any, BinaryIO, NoReturn

import psutil

from optimizer_app.ingest.chunking import Chunk
from optimizer_app.ingest.read import ReadDocument, cut, read_document, read_text
from optimizer_app.ingest.readers.problems import UnreadableDocument
from optimizer_app.ingest.readers.reading import LeftOut
from optimizer_app.ingest.rights import give_up_rights

# Shorter than a worker's lease on its document.
MAX_SECONDS = 90.0
# Beside what the worker itself has.
MAX_MEMORY_BYTES = 1024**3
_READ_BYTES = 1 << 20
# Comes before the answer, which is JSON and does not mind it.
_IS_READ = b"\n"
# One for each reader, whose libraries load parts of theirs when they are first used.
_SAMPLES = {
    "a.md": b"# A\n\n" + b"Some words of a long paragraph. " * 200,
    "a.html": b"<!doctype html><p>A</p>",
    "a.csv": b"a,b\n1,2\n",
    "a.json": b'{"a": 1}',
    "a.txt": "Größe, Maß und Gewähr".encode("latin-1"),
}


def read_confined(
    data: bytes,
    *,
    name: str = "",
    media_type: str = "",
    max_seconds: float = MAX_SECONDS,
    on_read: Callable[[], None] = lambda: None,
) -> ReadDocument:
    """The file as chunks; whatever goes wrong is an UnreadableDocument. `on_read` is called when the text
    is read and has still to be cut."""
    _load_what_readers_need()
    answer, sent = os.pipe()
    child = os.fork()
    if not child:
        _read_and_exit(sent, data, name, media_type, max_seconds)
    os.close(sent)
    try:
        received = _received(answer, time.monotonic() + max_seconds, on_read)
    finally:
        os.close(answer)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return _document_of(received, max_seconds)


@cache
def _load_what_readers_need() -> None:
    """Once for all files, and while this process can still read them: Python may lie in a closed folder."""
    for module in pkgutil.iter_modules(encodings.__path__):
        with suppress(ImportError, AttributeError):  # those of other systems
            import_module(f"encodings.{module.name}")
    for name, text in _SAMPLES.items():
        read_document(text, name=name)


def _read_and_exit(sent: int, data: bytes, name: str, media_type: str, max_seconds: float) -> NoReturn:
    """What the forked process does. It leaves nothing of the worker's in use: it ends without cleaning up."""
    try:
        # Where the worker dies meanwhile, nobody else would end this one.
        resource.setrlimit(resource.RLIMIT_CPU, (int(max_seconds) + 1, int(max_seconds) + 1))
        max_bytes = psutil.Process().memory_info().vms + MAX_MEMORY_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (max_bytes, max_bytes))
        give_up_rights()
        with os.fdopen(sent, "wb") as pipe:
            answer = _answer(data, name, media_type, pipe)
            pipe.write(json.dumps(answer).encode())
    except MemoryError:
        pass  # an empty answer says it
    finally:
        os._exit(0)


def _answer(data: bytes, name: str, media_type: str, pipe: BinaryIO) -> dict[str, Any]:
    try:
        text = read_text(data, name=name, media_type=media_type)
        pipe.write(_IS_READ)
        pipe.flush()
        read = cut(text)
    except UnreadableDocument as error:
        return {"reason": str(error)}
    except MemoryError:
        return {"reason": _TOO_MUCH_MEMORY}
    except RecursionError:
        return {"reason": "the file is nested too deeply"}
    except Exception as error:  # the readers' libraries raise anything
        return {"reason": f"the file is broken: its reader failed ({type(error).__name__})"}
    return asdict(read)


def _received(answer: int, give_up_at: float, on_read: Callable[[], None]) -> bytes | None:
    """All that the process says; None where it does not end in time."""
    parts: list[bytes] = []
    while True:
        ready, _, _ = select.select([answer], [], [], max(give_up_at - time.monotonic(), 0))
        if not ready:
            return None
        part = os.read(answer, _READ_BYTES)
        if not part:
            return b"".join(parts)
        if not parts and part.startswith(_IS_READ):
            on_read()
        parts.append(part)


def _document_of(received: bytes | None, max_seconds: float) -> ReadDocument:
    if received is None:
        raise UnreadableDocument(f"reading the file took longer than {max_seconds:g} s: split it")
    try:
        read = json.loads(received)
    except ValueError:
        raise UnreadableDocument(_BROKE_THE_READER) from None
    if "reason" in read:
        raise UnreadableDocument(read["reason"])
    return ReadDocument(
        read["title"],
        read["media_type"],
        tuple(Chunk(**chunk) for chunk in read["chunks"]),
        tuple(LeftOut(**left_out) for left_out in read["left_out"]),
    )


_TOO_MUCH_MEMORY = f"reading the file took more than {MAX_MEMORY_BYTES // 1024**2:,} MB of memory"
_BROKE_THE_READER = "the file is broken: its reader crashed, or took too much memory"
