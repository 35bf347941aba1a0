"""What a block is worth to a question: six parts of 0..1, weighed as the guide says.

Before: "The deploy of api-7 MUST wait for ticket OPS-113, said Ms Rivera.", asked about that deploy
After:  0.67 = 0.40 * 0.70 similarity + 0.20 * 1.00 recency + 0.15 * 0.50 constraints + ...
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from numpy.typing import ArrayLike

from token_optimizer.config import OptimizerConfig
from token_optimizer.errors import ConfigError
from token_optimizer.models import Block
from token_optimizer.optimizer.relevance.mmr import unit_rows
from token_optimizer.optimizer.relevance.names import distinct_names

# Read by `UtilityParts.score`, and shown with each part in the trace.
WEIGHTS = {
    "similarity": 0.40,
    "recency": 0.20,
    "constraints": 0.15,
    "identifiers": 0.10,
    "trust": 0.10,
    "entities": 0.05,
}
UNKNOWN_SOURCE_TRUST = 0.5
_RECENCY_HALF_LIFE = timedelta(days=1)
# The counts that are worth half of what very many are.
_DIRECTIVES_FOR_HALF = 1
_NAMES_FOR_HALF = 5
_ENTITIES_FOR_HALF = 3
# The beginning of a longer text stands for all of it.
_MAX_CHARACTERS = 20_000
_UPPER_CASE = ("MUST", "ALWAYS", "NEVER", "FORMAT", "JSON", "DEADLINE")
_KEYWORD = re.compile(rf"\b(?:MUST NOT|{'|'.join(_UPPER_CASE)})\b")
# Two capitalised words or more in a row, a date, a sum of money, a share. It begins with the characters that
# a match may begin with: elsewhere nothing is tried.
_ENTITY = re.compile(
    r"""[A-Z0-9$\x80-\U0010ffff](?:
        (?<=[^\W\d_a-z])(?<!\w\w)[\w'’-]{0,60}+(?:\s[^\W\d_a-z][\w'’-]{0,60}+)++
        |(?<=\d)(?<!\w\w)(?:\d{0,3}+[-/.]\d{1,2}[-/.]\d{1,4}\b|\d*+(?:\.\d+)?\s?%)
        |(?<=[$€£])\s?\d[\d.,]*
    )""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class UtilityParts:
    """The parts of a block's utility, each 0..1."""

    similarity: float
    recency: float
    constraints: float
    identifiers: float
    trust: float
    entities: float

    @property
    def score(self) -> float:
        """The weighed sum, 0..1."""
        return sum(weight * getattr(self, part) for part, weight in WEIGHTS.items())

    def as_dict(self) -> dict[str, float]:
        """The parts as the trace shows them."""
        return {part: round(getattr(self, part), 3) for part in WEIGHTS}


def compute_utility_score(
    block: Block, query_embedding: ArrayLike | None, config: OptimizerConfig | Mapping[str, Any]
) -> float:
    """What the block is worth to the question, 0..1: the score of its `utility_parts`."""
    return utility_parts(block, query_embedding, config).score


def utility_parts(
    block: Block, query_embedding: ArrayLike | None, config: OptimizerConfig | Mapping[str, Any]
) -> UtilityParts:
    """The parts, each for itself.

    A plain config may hold `source_trust`, a share of 0..1 for each source by name, and `now`, the time that
    blocks are recent by.
    """
    fields = config if isinstance(config, Mapping) else {}
    now = fields.get("now") or datetime.now(UTC)
    similarity, names = _similarity(block, query_embedding), distinct_names(block.content[:_MAX_CHARACTERS])
    return parts_by_similarity(block, similarity, len(names), now, fields.get("source_trust"))


def parts_by_similarity(
    block: Block,
    similarity: float,
    names: int,
    now: datetime,
    source_trust: Mapping[str, float] | None = None,
    max_characters: int = _MAX_CHARACTERS,
) -> UtilityParts:
    """The parts of a block whose similarity to the question is known, and how many `names` it mentions; its
    constraints and entities are those of so many characters."""
    read = block.content[:max_characters]
    return UtilityParts(
        similarity=similarity,
        recency=_recency(block.timestamp, now),
        constraints=_saturated(len(_keywords_in(read)), _DIRECTIVES_FOR_HALF),
        identifiers=_saturated(names, _NAMES_FOR_HALF),
        trust=_trust(block.metadata.get("source"), source_trust or {}),
        entities=_saturated(len(set(_ENTITY.findall(read))), _ENTITIES_FOR_HALF),
    )


def _similarity(block: Block, query_embedding: ArrayLike | None) -> float:
    if query_embedding is None or block.embedding is None:
        return 0.0
    query = unit_rows([query_embedding])[0]
    cosine = float(unit_rows([block.embedding], dimensions=len(query))[0] @ query)
    return min(max(cosine, 0.0), 1.0)


@lru_cache(maxsize=1024)
def _recency(timestamp: datetime, now: datetime) -> float:
    """1 for now and the future, half of it a day later. Rounded, so that a run a moment later agrees."""
    age = max(_aware(now) - _aware(timestamp), timedelta(0))
    return float(round(0.5 ** (age / _RECENCY_HALF_LIFE), 2))


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _trust(source: object, known: Mapping[str, float]) -> float:
    trust = known.get(str(source), UNKNOWN_SOURCE_TRUST)
    if not 0 <= trust <= 1:
        raise ConfigError(f"source_trust[{str(source)!r}] must be between 0 and 1, not {trust!r}")
    return trust


def _keywords_in(text: str) -> set[str]:
    """The upper-case words of directives; that a text has none is seen sooner without the pattern."""
    may_have = any(word in text for word in _UPPER_CASE)
    return set(_KEYWORD.findall(text)) if may_have else set()


def _saturated(count: int, half_at: int) -> float:
    """0 for none, 0.5 for `half_at`, towards 1 for many."""
    return count / (count + half_at)
