"""A model's window and the rules of its provider's cache: as known, or as somebody set them here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, cast

from django.contrib.auth.models import User

from optimizer_app.models import ModelRules, PriceOverride
from optimizer_app.prices.entries import cache_prices_of
from token_optimizer.ports import NO_FACTS, ModelFacts
from token_optimizer.prompt_cache.rules import CacheRules, Implicit, cache_rules

# How far before a breakpoint a provider that keeps what is marked finds an entry.
_LOOKBACK_BLOCKS = 20


@dataclass(frozen=True, slots=True)
class RuleValues:
    """A model's rules, under the names of their fields; None or empty: nobody set it."""

    context_window_tokens: int | None = None
    cache_min_tokens: int | None = None
    cache_step_tokens: int | None = None
    cache_lifetime_seconds: int | None = None
    cache_breakpoints: Implicit | str = ""

    @property
    def any_set(self) -> bool:
        return self != NO_RULES


NO_RULES = RuleValues()
RULE_NAMES = tuple(field.name for field in fields(RuleValues))


def set_rules(model: str, values: RuleValues, by: User | None) -> ModelRules | None:
    """These hold of the model from now on; without any, what is known of it holds again."""
    if not values.any_set:
        remove_rules(model)
        return None
    return ModelRules.objects.update_or_create(model=model, defaults={**asdict(values), "set_by": by})[0]


def remove_rules(model: str) -> bool:
    """What is known of the model holds again; whether there were rules."""
    return ModelRules.objects.filter(model=model).delete()[0] > 0


def values_of(row: ModelRules | None) -> RuleValues:
    """What somebody set."""
    return NO_RULES if row is None else RuleValues(*(getattr(row, name) for name in RULE_NAMES))


def cache_rules_of(model: str, row: ModelRules | None) -> CacheRules:
    """How the model's provider caches: as set, and for the rest as its documentation says."""
    known = cache_rules(model)
    if row is None:
        return known
    implicit = cast(Implicit, row.cache_breakpoints or known.implicit)
    if implicit != known.implicit:
        known = replace(known, lookback_blocks=_LOOKBACK_BLOCKS if implicit == "none" else None)
    return replace(
        known,
        implicit=implicit,
        min_tokens=known.min_tokens if row.cache_min_tokens is None else row.cache_min_tokens,
        step_tokens=row.cache_step_tokens or known.step_tokens,
        lifetime_seconds=row.cache_lifetime_seconds or known.lifetime_seconds,
    )


def rules_of(models: Iterable[str]) -> Mapping[str, ModelRules]:
    """The rules of those of the models for which somebody set any."""
    return ModelRules.objects.in_bulk(set(models), field_name="model")


def facts_of(model: str) -> ModelFacts:
    """What somebody set of the model."""
    return _facts(PriceOverride.objects.filter(model=model), ModelRules.objects.filter(model=model)).get(
        model, NO_FACTS
    )


def all_facts() -> Mapping[str, ModelFacts]:
    """What somebody set, by the models of which somebody did."""
    return _facts(PriceOverride.objects.all(), ModelRules.objects.all())


def _facts(prices: Iterable[PriceOverride], rules: Iterable[ModelRules]) -> dict[str, ModelFacts]:
    found: dict[str, dict[str, Any]] = {row.model: {"cache_prices": cache_prices_of(row)} for row in prices}
    for row in rules:
        known = found.setdefault(row.model, {})
        known["context_window"] = row.context_window_tokens
        if values_of(row) != RuleValues(row.context_window_tokens):
            known["cache_rules"] = cache_rules_of(row.model, row)
    return {model: ModelFacts(**facts) for model, facts in found.items()}
