"""StreamJoiner: the events of several streams of a provider, as those of one stream for the client.

What the model says passes as it comes. Its calls of `read_back` are held back, and so are the events that
close a stream with such a call in it: whether the answer goes on is known only then.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from token_optimizer.models import Dialect
from token_optimizer.optimizer.reading_back.answers import added_usage

Json = dict[str, Any]


class StreamJoiner(ABC):
    """Joins streams of one dialect. `has_calls`: the stream that runs has calls of `read_back` in it, and
    `round` counts the streams before it."""

    dialect: ClassVar[Dialect]

    def __init__(self) -> None:
        self.round = 0
        self.has_calls = False
        self.usage: Mapping[str, Any] = {}
        self._earlier_usage: Mapping[str, Any] = {}

    @property
    def total_usage(self) -> Mapping[str, Any]:
        """The usage of this stream and all before it."""
        if not self._earlier_usage:
            return self.usage
        return added_usage(self._earlier_usage, self.usage, self.dialect)

    def go_on(self) -> None:
        """The events to come are of the next stream. What was held back of this one is gone."""
        self._earlier_usage = self.total_usage
        self.usage = {}
        self.round += 1
        self.has_calls = False
        self._start_round()

    @abstractmethod
    def passed(self, event: Json) -> Json | None:
        """The event as the client is to see it now, the very same where it is unchanged; None where it is
        held back."""

    @abstractmethod
    def answer(self) -> Json:
        """The stream that has ended, as a whole answer."""

    @abstractmethod
    def closing(self) -> list[Json]:
        """The events that close a stream whose calls were taken out."""

    @abstractmethod
    def _start_round(self) -> None:
        """Forget what belonged to the stream before."""


def merge(whole: Json, piece: Mapping[str, Any], unsplit: frozenset[str] = frozenset()) -> None:
    """Add a piece of a stream to what came before it; texts named in `unsplit` come whole each time."""
    for name, value in piece.items():
        before = whole.get(name)
        if isinstance(value, Mapping):
            if not isinstance(before, dict):
                before = whole[name] = {}
            merge(before, value, unsplit)
        elif isinstance(value, list) and isinstance(before, list):
            whole[name] = [*before, *value]
        elif isinstance(value, str) and isinstance(before, str):
            whole[name] = (value or before) if name in unsplit else before + value
        elif value is not None or name not in whole:
            whole[name] = value
