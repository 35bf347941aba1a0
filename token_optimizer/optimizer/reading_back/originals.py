"""Reads from the original prompt what was left out of the one that was sent.

The original is at hand: the client sends all of it with every request. Nothing is stored for this.

Before: a log of which 1,459 lines are gone, with the marker "[… 1,459 lines left out #482193]" in their place
After:  read("482193") has these lines, or of very many those that the question asks for, with markers again
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from token_optimizer.models import CutBlock, Dialect, OptimizationResult


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What one call gets: the text, and whether there was any to read. `block` is the id of the block that it
    is from, first, `stage` the rule that had cut it, and `tokens` what it counts."""

    text: str
    found: bool = False
    block: str = ""
    stage: str = ""
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class Reader:
    """Answers the calls of one request, whose body came as `original`."""

    original: Mapping[str, Any]
    dialect: Dialect
    cuts: tuple[CutBlock, ...] = ()

    def read(self, what: str) -> ReadBack:
        """What the handle of a marker stands for, or what was left out that holds these words best."""
        return ReadBack(_missed(what))


def reader_of(result: OptimizationResult, original: Mapping[str, Any], dialect: Dialect) -> Reader:
    """The reader of a request whose body came as `original` and was optimized, here or in another process."""
    return Reader(original, dialect, result.cuts)


def _missed(what: str) -> str:
    """The answer to a call for what is not there: no error, or the model would try again."""
    return (
        f'Nothing was left out under "{what[:80]}". All else of the conversation stands in it whole and as '
        "it was: there is nothing more to read, here or by another tool."
    )
