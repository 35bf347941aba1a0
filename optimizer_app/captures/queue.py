"""Seals what answered requests leave, off their path: a thread encrypts it, and only then is it written.

In memory the texts are bounded in count and size; what does not fit is not kept, and the capture says so.
"""

from __future__ import annotations

import queue
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog

from optimizer_app.captures.record import CaptureRecord
from optimizer_app.captures.texts import CapturedTexts
from optimizer_app.security.encryption import seal
from token_optimizer.models import BlockTexts

log = structlog.get_logger(__name__)

# Of one request, before it is compressed. Few prompts have a megabyte.
MAX_TEXT_BYTES = 16 * 1024 * 1024
MAX_WAITING_BYTES = 64 * 1024 * 1024
STOP_SECONDS = 2.0
TOO_LARGE = f"larger than {MAX_TEXT_BYTES // 1024**2} MB"
TOO_MANY = "more came at once than could be encrypted"
FAILED = "it could not be encrypted"


@dataclass(frozen=True, slots=True)
class CaptureRequest:
    """What one answered request leaves, as bytes, and until when it is kept."""

    trace_id: uuid.UUID
    project_id: uuid.UUID
    expires_at: datetime
    body: bytes = field(repr=False)
    sent: bytes = field(default=b"", repr=False)
    answer: bytes = field(default=b"", repr=False)
    answer_is_cut: bool = False
    blocks: Mapping[str, BlockTexts] = field(default_factory=dict, repr=False)
    documents: Sequence[Mapping[str, Any]] = field(default=(), repr=False)
    question: str = field(default="", repr=False)

    @property
    def size_bytes(self) -> int:
        blocks = sum(len(texts.before) + len(texts.after) for texts in self.blocks.values())
        return len(self.body) + len(self.sent) + len(self.answer) + blocks

    def texts(self) -> CapturedTexts:
        return CapturedTexts(
            self.body.decode("utf-8", "replace"),
            self.sent.decode("utf-8", "replace"),
            self.answer.decode("utf-8", "replace"),
            self.answer_is_cut,
            {name: BlockTexts(*map(_storable, texts)) for name, texts in self.blocks.items()},
            self.documents,
            _storable(self.question),
        )

    def record(self, *, sealed: str = "", reason: str = "") -> CaptureRecord:
        return CaptureRecord(self.trace_id, self.project_id, self.expires_at, sealed, reason)


class CaptureQueue:
    """The thread, for the life of a web worker. `append` writes a record to the journal."""

    def __init__(self, append: Callable[[CaptureRecord], None]) -> None:
        self._append = append
        self._waiting: queue.SimpleQueue[CaptureRequest | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._bytes = 0
        self._thread = threading.Thread(target=self._run, name="captures", daemon=True)
        self._thread.start()

    def put(self, request: CaptureRequest) -> None:
        """Keep the request's texts. It neither waits nor fails."""
        size = request.size_bytes
        if size > MAX_TEXT_BYTES:
            self._append(request.record(reason=TOO_LARGE))
            return
        with self._lock:
            fits = self._bytes + size <= MAX_WAITING_BYTES
            self._bytes += size if fits else 0
        if fits:
            self._waiting.put(request)
        else:
            self._append(request.record(reason=TOO_MANY))

    def close(self) -> None:
        """Seal what is waiting, if that takes no longer than STOP_SECONDS."""
        self._waiting.put(None)
        self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        while (request := self._waiting.get()) is not None:
            self._append(_sealed(request))
            with self._lock:
                self._bytes -= request.size_bytes


def _sealed(request: CaptureRequest) -> CaptureRecord:
    try:
        return request.record(sealed=seal(request.texts().as_bytes()))
    except Exception as error:
        # The thread has to go on. The type alone: a message could quote the text.
        log.error("capture_failed", trace_id=str(request.trace_id), error=type(error).__name__)
        return request.record(reason=FAILED)


def _storable(text: str) -> str:
    """The text without halves of surrogate pairs, which no UTF-8 can hold."""
    return text.encode("utf-8", "replace").decode()
