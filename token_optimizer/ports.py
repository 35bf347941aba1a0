"""What the optimizer is given from outside: what it remembers, finds and may take in time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from token_optimizer.optimizer.compression.precompressions import CompressionKey, PrecompressedText
from token_optimizer.optimizer.conversation.sent import SentMessage
from token_optimizer.optimizer.latency import Latency
from token_optimizer.optimizer.retrieval.found import Found


class Memory(Protocol):
    """Where sent messages are remembered, by key. It may forget any of them at any time."""

    def get_many(self, keys: Sequence[str]) -> list[SentMessage | None]: ...

    def set_many(self, messages: Mapping[str, SentMessage]) -> None: ...


class Retriever(Protocol):
    """Finds passages in a store. It may raise StageSkipped, whose message says why there are none."""

    def passages(self, query: str, top_k: int) -> Found: ...


class PrecompressionStore(Protocol):
    """The precompressions of one project."""

    def find(self, keys: Sequence[CompressionKey]) -> Mapping[CompressionKey, PrecompressedText]:
        """Those that exist, in one lookup; none where the store cannot be reached."""
        ...


@dataclass(frozen=True, slots=True)
class Ports:
    """What one request may use besides its own body. All of it may be left out.

    `memory` knows what conversations were sent as; `secret` sets those of one owner apart from others'.
    `retriever` looks for passages of stored documents; `found` has them where the caller has looked already.
    `latency` is the time there is, which began already; None is the config's `max_latency_ms` from now on.
    `trace_id` names the request in its trace; empty stands for a new UUIDv7.
    """

    memory: Memory | None = None
    secret: str = field(default="", repr=False)
    retriever: Retriever | None = None
    found: Found | None = None
    precompressions: PrecompressionStore | None = None
    latency: Latency | None = None
    trace_id: str = ""


NO_PORTS = Ports()
