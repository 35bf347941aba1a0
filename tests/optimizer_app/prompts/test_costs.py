"""Tokens of the parts of a template, and what they cost with the provider's cache."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from optimizer_app.models import PriceOverride
from optimizer_app.prompts.check import checked
from optimizer_app.prompts.costs import template_cost
from optimizer_app.prompts.rendering import rendered_body
from tests.optimizer_app.prompts.contents import anthropic_content, content
from token_optimizer.tokens.counts import count_body

LONG = "Never promise a date that is not in the documents. " * 200
VALUES = {"question": "Where is order 1007?", "documents": ["Closed on Sundays."]}


@pytest.fixture(autouse=True)
def _prices(db: None) -> None:
    for model in ("gpt-4o", "claude-opus-4-8"):
        PriceOverride.objects.create(
            model=model, input_usd=10, output_usd=0, cache_read_usd=1, cache_write_usd=20
        )


def long(made: Any) -> Any:
    return {**made, "messages": [{"role": "system", "text": LONG}, *made["messages"][1:]]}


def test_it_works() -> None:
    template = checked(long(content()))
    cost = template_cost(template, VALUES, 100)
    tokens = cost.tokens
    assert tokens.total == count_body(rendered_body(template, VALUES), "openai", "gpt-4o")
    assert tokens.stable > 1_024
    assert 0 < tokens.fixed_behind < tokens.variables < 40
    assert (cost.cached_tokens, tokens.estimated) == (tokens.stable, False)
    rest = tokens.total - tokens.stable
    later = tokens.stable * 1 + rest * 10
    assert cost.usd == Decimal(tokens.stable * 20 + rest * 10 + 99 * later) / 1_000_000
    assert cost.usd_without_cache == Decimal(100 * tokens.total * 10) / 1_000_000


def test_what_is_too_short_is_not_cached() -> None:
    cost = template_cost(checked(content()), VALUES, 100)
    assert cost.cached_tokens == 0
    assert cost.usd == cost.usd_without_cache


def test_anthropic_caches_what_is_marked() -> None:
    plain, marked = (
        template_cost(checked(long(anthropic_content(marks_stable_part=mark))), VALUES, 10)
        for mark in (False, True)
    )
    assert plain.cached_tokens == 0
    assert marked.cached_tokens == marked.tokens.stable == plain.tokens.stable
    assert marked.tokens.estimated
    assert marked.usd is not None
    assert plain.usd is not None
    assert marked.usd < plain.usd


def test_a_model_without_a_price_has_none() -> None:
    cost = template_cost(checked(content(model="nobody-knows-it")), VALUES, 10)
    assert (cost.usd, cost.usd_without_cache) == (None, None)
