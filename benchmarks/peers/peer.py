"""The compressors that are compared: packages, program, settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.clients.environments import PythonPackages

PROGRAMS = Path(__file__).parent / "programs"


@dataclass(frozen=True, slots=True)
class Peer:
    """`program` runs in the environment of its packages, with `settings` as its arguments.

    Without an environment it runs in this one: the optimizer itself. `takes` are the fields of a case that it
    is handed; where `documents` are none of them, they stand in a message before the question.
    """

    name: str
    program: str
    environment: PythonPackages | None
    settings: tuple[str, ...] = ()
    takes: Sequence[str] = ("messages", "tools")

    @property
    def path(self) -> Path:
        return PROGRAMS / self.program


_ALL = ("messages", "tools", "documents", "query")
_DISTIL = PythonPackages(("distil-llm==1.58.0",))
_HEADROOM = PythonPackages(("headroom-ai==0.42.0",))
_LLMTRIM = PythonPackages(("llmtrim==0.13.7",))
_SECONDWIND = PythonPackages(("secondwind==0.5.1",))

PEERS = (
    Peer("Token Optimizer, no budget", "ours.py", None, takes=_ALL),
    Peer("Token Optimizer, no budget, told as little as the others", "ours.py", None),
    Peer("Token Optimizer, the cases' budgets", "ours.py", None, takes=(*_ALL, "budget_tokens")),
    Peer("distil-llm", "distil_llm.py", _DISTIL),
    Peer("headroom-ai", "headroom_ai.py", _HEADROOM),
    Peer("headroom-ai, users' messages too", "headroom_ai.py", _HEADROOM, ("everything",)),
    Peer("llmtrim, auto", "llmtrim_.py", _LLMTRIM, ("auto",)),
    Peer("llmtrim, aggressive", "llmtrim_.py", _LLMTRIM, ("aggressive",)),
    Peer("secondwind", "secondwind_.py", _SECONDWIND),
)
