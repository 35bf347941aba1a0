"""Junk patterns, tried on a sample: which of its lines would be dropped as an answer that says nothing?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from token_optimizer.junk_patterns import MAX_PATTERNS, pattern_problem
from token_optimizer.models import Block, BlockType
from token_optimizer.optimizer.prose.junk import remove_junk

MAX_SAMPLE_CHARS = 20_000
MAX_SAMPLE_LINES = 100


@dataclass(frozen=True, slots=True)
class TriedLine:
    """A line of the sample; `pattern` is the position of the first pattern that drops it, from 1."""

    text: str
    pattern: int | None


def tried(patterns: Sequence[str], sample: str) -> list[TriedLine]:
    """The first lines of the sample with what becomes of each. Patterns that do not compile drop nothing."""
    counted = enumerate(patterns[:MAX_PATTERNS], 1)
    usable = [(position, text) for position, text in counted if not pattern_problem(text)]
    lines = [line for line in sample[:MAX_SAMPLE_CHARS].splitlines() if line.strip()][:MAX_SAMPLE_LINES]
    return [TriedLine(line, _dropped_by(line, usable)) for line in lines]


def _dropped_by(line: str, patterns: Sequence[tuple[int, str]]) -> int | None:
    answer = Block(content=line, type=BlockType.ASSISTANT)
    return next((position for position, text in patterns if not remove_junk([answer], [text])), None)
