"""Windows and rules of providers' caches that somebody set, and what they change."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest

from optimizer_app.models import ModelRules, Project, RequestTrace
from optimizer_app.prices.entries import ModelPrices
from optimizer_app.prices.overrides import set_override
from optimizer_app.prices.rules import (
    RuleValues,
    all_facts,
    cache_rules_of,
    facts_of,
    remove_rules,
    set_rules,
)
from optimizer_app.prices.shown_rules import shown_rules
from optimizer_app.trace_ids import new_trace_id
from optimizer_app.traces.storing.store import store
from tests.optimizer_app.traces.records import new_record
from token_optimizer.models import PromptSegment
from token_optimizer.ports import NO_FACTS
from token_optimizer.prompt_cache.rules import cache_rules

pytestmark = pytest.mark.django_db


def test_what_was_set_goes_before_what_is_known_and_the_rest_stays() -> None:
    row = set_rules("claude-sonnet-4-5", RuleValues(cache_min_tokens=256, cache_lifetime_seconds=900), None)
    known = cache_rules("claude-sonnet-4-5")
    assert cache_rules_of("claude-sonnet-4-5", row) == replace(known, min_tokens=256, lifetime_seconds=900)
    assert facts_of("claude-sonnet-4-5").context_window is None
    assert facts_of("gpt-4o") == NO_FACTS


def test_another_kind_of_breakpoints_brings_its_own_look_back() -> None:
    row = set_rules("claude-sonnet-4-5", RuleValues(cache_breakpoints="everywhere"), None)
    assert cache_rules_of("claude-sonnet-4-5", row).lookback_blocks is None
    row = set_rules("house-model", RuleValues(cache_breakpoints="none"), None)
    assert cache_rules_of("house-model", row).lookback_blocks == 20


def test_a_window_alone_leaves_the_rules_of_the_cache_as_they_are_known() -> None:
    set_rules("house-model", RuleValues(context_window_tokens=32_000), None)
    set_override("house-model", ModelPrices(Decimal(2), Decimal(8), Decimal(1), None), None)
    facts = all_facts()["house-model"]
    assert (facts.context_window, facts.cache_rules) == (32_000, None)
    assert facts.cache_prices is not None


def test_setting_nothing_takes_back_what_was_set() -> None:
    set_rules("house-model", RuleValues(cache_step_tokens=64), None)
    assert set_rules("house-model", RuleValues(), None) is None
    assert not ModelRules.objects.exists()
    assert not remove_rules("house-model")


def test_each_value_says_where_it_comes_from() -> None:
    row = set_rules("gpt-4o", RuleValues(cache_min_tokens=0), None)
    said = {rule.name: (rule.text, rule.source.split()[0]) for rule in shown_rules("gpt-4o", "openai", row)}
    assert said == {
        "context_window_tokens": ("128,000 tokens", "genai-prices"),
        "cache_min_tokens": ("0 tokens", "set"),
        "cache_step_tokens": ("128 tokens", "the"),
        "cache_lifetime_seconds": ("600 seconds", "the"),
        "cache_breakpoints": ("every prefix", "the"),
    }
    (window, *_) = shown_rules("house-model", "openai", None)
    assert (window.text, window.source) == ("–", "")


def _net_usd(project: Project) -> Decimal:
    """The saving of the second of two turns, whose prompt of 800 tokens repeats the first one's."""
    first = new_record(
        project.pk,
        model="gpt-4o",
        tokens_before=800,
        tokens_after=400,
        usage_input_tokens=400,
        usage_cached_tokens=0,
        segments=[PromptSegment("same", 800, 600)],
    )
    later = {"id": new_trace_id(), "created_at": first.created_at + timedelta(seconds=60)}
    second = msgspec.structs.replace(first, **later)
    store([first, second])
    net = RequestTrace.objects.get(pk=second.id).net_usd
    assert net is not None
    return net


def test_receipts_simulate_the_cache_by_the_rules_that_were_set(project: Project) -> None:
    uncached = _net_usd(project)
    assert uncached == Decimal("0.001")
    set_rules("gpt-4o", RuleValues(cache_min_tokens=256), None)
    # 768 of the original's 800 tokens would have been read at half the price.
    assert _net_usd(project) == uncached - Decimal("0.00096")


@pytest.fixture
def project() -> Project:
    return Project.objects.create(name="p")
