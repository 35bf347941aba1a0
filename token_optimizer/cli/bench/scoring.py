"""What became of a case: its tokens, and which of what must stay went."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

from token_optimizer.cli.bench.cases import Case
from token_optimizer.cli.bench.matching import Haystack
from token_optimizer.config import OptimizerConfig
from token_optimizer.optimizer.pipeline import optimize_body

# What is cut must not depend on how fast the machine is.
_ENOUGH_MS = 600_000


@dataclass(frozen=True, slots=True)
class Score:
    """`missed` are the first wordings of items that went, `absent` of those that never were in the prompt."""

    name: str
    family: str
    tokens_before: int
    tokens_after: int
    estimated: bool
    items: int
    missed: tuple[str, ...]
    absent: tuple[str, ...]
    over_budget: bool
    milliseconds: float

    @property
    def is_good(self) -> bool:
        """Whether all that must stay did, within the budget."""
        return not self.missed and not self.absent and not self.over_budget


@dataclass(frozen=True, slots=True)
class Scorer:
    """Scores cases under one config; a `budget_tokens` here replaces those of the cases."""

    config: OptimizerConfig
    model: str
    budget_tokens: int | None

    def score(self, case: Case) -> Score:
        """Nothing is remembered from case to case: two that begin alike are no turns of one conversation."""
        body = {**case.body, "model": case.body.get("model") or self.model}
        started = perf_counter()
        result = optimize_body(
            body,
            case.dialect,
            config=replace(self.config, max_latency_ms=_ENOUGH_MS),
            documents=case.documents,
            query=case.question,
            budget_tokens=self.budget_tokens or case.budget_tokens,
        )
        spent = (perf_counter() - started) * 1000
        before, after = _haystack([case.body, case.documents]), _haystack(result.body)
        gone = [item for item in case.must_stay if not after.holds(item)]
        stats = result.stats
        return Score(
            name=case.name,
            family=case.family,
            tokens_before=stats.tokens_before,
            tokens_after=stats.tokens_after,
            estimated=stats.estimated,
            items=len(case.must_stay),
            missed=tuple(item["any"][0] for item in gone if before.holds(item)),
            absent=tuple(item["any"][0] for item in gone if not before.holds(item)),
            over_budget=bool(stats.over_budget),
            milliseconds=spent,
        )


def _haystack(value: Any) -> Haystack:
    return Haystack("\n".join(_texts(value)))


def _texts(value: Any) -> Iterator[str]:
    """Every name, text and number in a JSON value."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield name
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif value is not None:
        yield str(value)
