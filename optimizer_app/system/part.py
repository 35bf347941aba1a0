"""What is said of a part of the instance."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

Unit = Literal["text", "count", "bytes", "ms", "moment"]
State = Literal["ok", "off", "warn", "down"]
_WORDS: dict[State, str] = {"ok": "works", "off": "not used", "warn": "needs a look", "down": "does not work"}

QUERY_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is known; None: not known. `unit` says how the value is to be written."""

    label: str
    value: str | int | float | datetime | None
    unit: Unit = "text"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, what that means for requests, and what to do. `grave`: something does not work now."""

    what: str
    effect: str
    remedy: str
    grave: bool = True


@dataclass(frozen=True, slots=True)
class Part:
    """`off`: the part is not used, which is no problem."""

    name: str
    facts: tuple[Fact, ...] = ()
    problem: Problem | None = None
    off: bool = False

    @property
    def state(self) -> State:
        if self.problem is not None:
            return "down" if self.problem.grave else "warn"
        return "off" if self.off else "ok"

    @property
    def state_word(self) -> str:
        return _WORDS[self.state]


@contextmanager
def bounded_cursor() -> Iterator[CursorWrapper]:
    """A cursor, and a limit for each query of the block, the ORM's too."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{QUERY_SECONDS:g}s"])
        yield cursor
