"""Which lifetime pays for a prefix, by how often and how soon it comes again."""

from __future__ import annotations

from dataclasses import astuple

import pytest

from optimizer_app.provider_cache.costs import cache_costs
from optimizer_app.provider_cache.lifetimes import CacheCosts, Recurrence, lifetime_that_pays
from token_optimizer.ports import CachePrices
from token_optimizer.prompt_cache.rules import cache_rules

SONNET = CacheCosts(input_usd=3e-6, read_usd=3e-7, write_usd=3.75e-6, hour_write_usd=6e-6)
NO_DISCOUNT = CacheCosts(input_usd=3e-6, read_usd=3e-6, write_usd=3.75e-6, hour_write_usd=6e-6)


@pytest.mark.parametrize(
    ("recurrence", "lifetime"),
    [
        (Recurrence(0), None),
        (Recurrence(1, 20), "5m"),
        (Recurrence(1, 269), "5m"),
        # A write for an hour costs double: one read does not bring that in, two do.
        (Recurrence(1, 280), None),
        (Recurrence(2, 280), "1h"),
        (Recurrence(2, 3000), "1h"),
        (Recurrence(9, 3500), None),
    ],
)
def test_the_shortest_lifetime_that_pays(recurrence: Recurrence, lifetime: str | None) -> None:
    assert lifetime_that_pays(recurrence, SONNET) == lifetime


def test_nothing_pays_where_reads_cost_as_much() -> None:
    assert lifetime_that_pays(Recurrence(50, 1), NO_DISCOUNT) is None


def test_costs_are_those_of_genai_prices_or_an_override() -> None:
    known = cache_costs("claude-sonnet-4-5", "anthropic")

    assert known is not None
    assert astuple(known) == pytest.approx(astuple(SONNET))
    assert cache_costs("a-model-of-nobody", "anthropic") is None
    own = cache_costs("claude-sonnet-4-5", "anthropic", CachePrices(1e-7, 1.25e-6, 1e-6, 2e-6))
    assert own == CacheCosts(input_usd=1e-6, read_usd=1e-7, write_usd=1.25e-6, hour_write_usd=2e-6)


@pytest.mark.parametrize(
    ("model", "tokens"),
    [
        ("claude-opus-5-5", 512),
        ("claude-sonnet-4-5-20250929", 1024),
        ("claude-opus-4-8", 1024),
        ("claude-opus-4-7", 2048),
        ("us.anthropic.claude-haiku-4-5-20251001-v1:0", 4096),
        ("anthropic/claude-opus-4.6", 4096),
    ],
)
def test_least_cacheable_tokens(model: str, tokens: int) -> None:
    assert cache_rules(model).min_tokens == tokens
