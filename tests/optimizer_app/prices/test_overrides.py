"""Prices of one's own, and what they change."""

from __future__ import annotations

from decimal import Decimal

import pytest

from optimizer_app.models import Project, RequestTrace
from optimizer_app.prices.entries import ModelPrices, cache_prices_of, entry_of, prices_of
from optimizer_app.prices.listing import price_list
from optimizer_app.prices.overrides import remove_override, set_override
from optimizer_app.prices.units import unit_prices
from optimizer_app.provider_cache.costs import cache_costs
from optimizer_app.traces.storing.store import store
from tests.optimizer_app.traces.records import new_record
from token_optimizer.ports import CachePrices

pytestmark = pytest.mark.django_db
CHEAP = ModelPrices(Decimal(2), Decimal(8), Decimal("0.5"), None)


@pytest.fixture
def project() -> Project:
    return Project.objects.create(name="p")


def stored_money(project: Project, model: str) -> tuple[Decimal | None, Decimal | None]:
    """The gross and net saving of a request that cut 1,000 of 2,000 tokens, the rest of which was cached."""
    record = new_record(
        project.pk,
        model=model,
        tokens_before=2_000,
        tokens_after=1_000,
        usage_input_tokens=1_000,
        usage_cached_tokens=1_000,
    )
    store([record])
    trace = RequestTrace.objects.get(pk=record.id)
    return trace.gross_usd, trace.net_usd


def test_an_override_prices_the_next_request_and_no_earlier_one(project: Project) -> None:
    assert stored_money(project, "house-model") == (None, None)
    set_override("house-model", CHEAP, None)
    assert stored_money(project, "house-model") == (Decimal("0.002"), Decimal("0.0005"))
    assert RequestTrace.objects.filter(gross_usd=None).count() == 1
    assert remove_override("house-model")
    assert stored_money(project, "house-model") == (None, None)
    assert not remove_override("house-model")


def test_an_override_goes_before_the_known_price_of_that_model_alone(project: Project) -> None:
    set_override("gpt-4o", CHEAP, None)
    assert stored_money(project, "gpt-4o")[0] == Decimal("0.002")
    assert stored_money(project, "gpt-4o-2024-11-20")[0] == Decimal("0.0025")


def test_a_request_under_a_name_of_ones_own_costs_what_the_providers_model_does(project: Project) -> None:
    fields = {"tokens_before": 2_000, "tokens_after": 1_000, "usage_input_tokens": 1_000}
    record = new_record(project.pk, model="fast", sent_model="gpt-4o", **fields)
    store([record])
    assert RequestTrace.objects.get(pk=record.id).gross_usd == Decimal("0.0025")


def test_setting_it_again_replaces_it() -> None:
    set_override("m", CHEAP, None)
    again = set_override("m", ModelPrices(Decimal(1), Decimal(2), None, None), None)
    assert prices_of(entry_of("m", "", again)) == ModelPrices(Decimal(1), Decimal(2), None, None)


def test_a_price_by_length_is_that_of_ordinary_prompts() -> None:
    found = prices_of(entry_of("claude-sonnet-4-5", "anthropic", None))
    assert (found.input_usd, found.tiered) == (Decimal(3), True)


def test_the_list_has_unpriced_models_first_then_the_most_used(project: Project) -> None:
    for model in ("gpt-4o", "gpt-4o", "gpt-4o-mini", "house-model"):
        stored_money(project, model)
    set_override("not-seen-yet", CHEAP, None)
    rows = price_list(RequestTrace.objects.all())
    assert [row.model for row in rows] == ["house-model", "gpt-4o", "gpt-4o-mini", "not-seen-yet"]
    assert [row.unpriced for row in rows] == [1, 0, 0, 0]


def test_without_a_price_of_its_own_the_cache_has_no_discount() -> None:
    cheap = set_override("house-model", CHEAP, None)
    flat = set_override("flat-model", ModelPrices(Decimal(2), Decimal(8), None, None), None)
    same = CachePrices(read_usd=5e-7, write_usd=2e-6, input_usd=2e-6, hour_write_usd=2e-6)
    assert cache_prices_of(cheap) == same
    assert not cache_prices_of(flat).has_discount


@pytest.mark.parametrize(
    ("write", "hour", "costs"),
    [(None, None, Decimal(2)), (Decimal("2.5"), None, Decimal(4)), (Decimal("2.5"), Decimal(3), Decimal(3))],
)
def test_writes_for_an_hour(write: Decimal | None, hour: Decimal | None, costs: Decimal) -> None:
    own = set_override("m", ModelPrices(Decimal(2), Decimal(8), None, write, hour), None)
    assert unit_prices(entry_of("m", "", own), 1_000).cache_write_1h_usd == costs
    assert cache_costs("m", "", cache_prices_of(own)).hour_write_usd == pytest.approx(float(costs) / 1e6)
