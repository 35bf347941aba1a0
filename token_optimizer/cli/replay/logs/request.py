"""A request as a log has it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from token_optimizer.models import Dialect

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """A body, and when it was sent, in seconds since 1970; None where the log does not say. `session` is the
    log's own name of the conversation, empty where it has none. `is_batch`: it was billed at half price."""

    body: Mapping[str, Any]
    dialect: Dialect
    at: float | None = None
    session: str = ""
    is_batch: bool = False


class LogReader(Protocol):
    """The logs of one program. Rows without a prompt give nothing."""

    NAME: str

    def is_own(self, row: Row) -> bool:
        """Whether the program writes such rows."""
        ...

    def requests(self, rows: Iterable[Row]) -> Iterator[LoggedRequest]:
        """The requests of one file, in its order."""
        ...
