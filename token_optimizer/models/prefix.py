"""The part of a prompt that was sent before, with what was found out about it on the turns so far."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from token_optimizer.models.blocks import Block

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Aggregate(Generic[V]):
    """What is found out from blocks in order, so that it can go on where an earlier turn stopped.

    `add` gets the value of the blocks so far, further blocks as they came and the same as they are sent. It
    gives the value of all of them, and leaves the one that it got as it was: two turns may go on from it.
    What a client's cache marks pin, which it moves from turn to turn, must not matter.

    `ahead`: it is found out of all blocks as soon as they were sent, for the turn to come.
    """

    name: str
    empty: V
    add: Callable[[V, Sequence[Block], Sequence[Block]], V]
    ahead: bool = True

    def __post_init__(self) -> None:
        if self.ahead:
            _AHEAD.append(self)


_AHEAD: list[Aggregate[Any]] = []


@dataclass(frozen=True, slots=True)
class FrozenPrefix:
    """The leading blocks of a conversation as they `came` and as they were `sent`, which are frozen.

    `tokens` are those that were sent, and `newest_turn` is the last turn of these blocks. What stages ask of
    them is computed once, and goes on with the blocks of each further turn.
    """

    came: tuple[Block, ...] = ()
    sent: tuple[Block, ...] = ()
    tokens: int = 0
    newest_turn: int = -1
    # By the aggregate's name: how many blocks it has seen, as they came and as they were sent, and its value.
    _values: dict[str, tuple[int, int, Any]] = field(default_factory=dict, repr=False, compare=False)

    def followed_by(self, came: Sequence[Block], sent: Sequence[Block]) -> FrozenPrefix:
        """The prefix with further blocks."""
        prefix = FrozenPrefix(
            (*self.came, *came),
            (*self.sent, *sent),
            self.tokens + sum(block.tokens for block in sent),
            max(self.newest_turn, max((block.turn for block in sent), default=-1)),
            dict(self._values),
        )
        for aggregate in _AHEAD:
            prefix.value(aggregate)
        return prefix

    def as_pinned(self, came: tuple[Block, ...]) -> FrozenPrefix:
        """The prefix with the same blocks as they came, of which others are pinned."""
        return replace(self, came=came, _values=dict(self._values))

    def value(self, aggregate: Aggregate[V]) -> V:
        """The value of all blocks."""
        came, sent, value = self._values.get(aggregate.name, (0, 0, aggregate.empty))
        if came < len(self.came) or sent < len(self.sent):
            value = aggregate.add(value, self.came[came:], self.sent[sent:])
            self._values[aggregate.name] = len(self.came), len(self.sent), value
        return value


NO_PREFIX = FrozenPrefix()
