"""The prices: what models cost, who says so, and setting a price of one's own."""

from __future__ import annotations

from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.test import Client

from optimizer_app.models import AuditEntry, ModelRules, PriceOverride, Project
from optimizer_app.prices.file import price_source
from tests.dashboard.pages import page_text
from tests.dashboard.traces.rows import make_trace

PRICE = {"model": "house-model", "input_usd": "1.5", "output_usd": "6", "cache_read_usd": "0.15"}


@pytest.fixture
def traces(project: Project) -> None:
    make_trace(project, model="gpt-4o")
    make_trace(project, model="gpt-4o")
    make_trace(project, model="house-model", gross_usd=None, net_usd=None)


def names(page: str) -> list[str]:
    return [part.partition('"')[0] for part in page.split('<a class="cover" title="')[1:]]


def test_it_works(as_admin: Client, traces: None) -> None:
    page = page_text(as_admin, "/prices")
    assert names(page) == ["house-model", "gpt-4o"]
    assert "1 model without a price" in page
    assert f"{price_source()}, OpenAI" in page
    for price in ("$2.50<", "$10.00<", "$1.25<"):
        assert price in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("sort=model", ["gpt-4o", "house-model"]),
        ("sort=-requests", ["gpt-4o", "house-model"]),
        ("sort=-input", ["gpt-4o", "house-model"]),
        ("sort=nonsense", ["house-model", "gpt-4o"]),
        ("name=GPT", ["gpt-4o"]),
    ],
)
def test_sorting_and_filter_are_in_the_url(
    as_admin: Client, traces: None, query: str, found: list[str]
) -> None:
    assert names(page_text(as_admin, f"/prices?{query}")) == found


def test_no_match_names_the_filter(as_admin: Client, traces: None) -> None:
    assert "name: zzz" in page_text(as_admin, "/prices?name=zzz")


def test_without_requests_the_page_says_what_will_be_here(as_admin: Client) -> None:
    assert "No model yet" in page_text(as_admin, "/prices")


def test_a_price_is_set_and_removed(as_admin: Client, traces: None) -> None:
    answer = as_admin.post("/prices/model?model=house-model&range=7d", PRICE)
    assert answer["Location"] == "/prices?range=7d"
    override = PriceOverride.objects.get()
    assert (override.model, override.input_usd, override.cache_write_usd) == (
        "house-model",
        Decimal("1.5"),
        None,
    )
    assert override.set_by is not None
    page = page_text(as_admin, "/prices")
    assert "house-model has this price from the next request on." in page
    assert "set here</b> admin," in page
    assert "$0.15<" in page
    assert 'value="1.5"' in page_text(as_admin, "/prices/model?model=house-model")

    as_admin.post("/prices/remove", {"model": "house-model"})
    assert not PriceOverride.objects.exists()
    assert "knows no price of it" in page_text(as_admin, "/prices/model?model=house-model")


def test_the_form_begins_with_the_known_price(as_admin: Client) -> None:
    page = unescape(page_text(as_admin, "/prices/model?model=claude-sonnet-4-20250514"))
    assert 'name="cache_write_usd" value="3.75"' in page
    assert f"{price_source()} has $3.00 for input and $15.00 for output" in page


@pytest.mark.parametrize("wrong", [{"input_usd": "-1"}, {"output_usd": ""}, {"cache_read_usd": "cheap"}])
def test_a_price_that_is_none_is_refused_at_its_field(as_admin: Client, wrong: dict[str, Any]) -> None:
    answer = as_admin.post("/prices/model", {**PRICE, **wrong}).content.decode()
    assert f'href="#id_{next(iter(wrong))}"' in answer
    assert not PriceOverride.objects.exists()


RULES = {"context_window_tokens": "32000", "cache_min_tokens": "512", "cache_breakpoints": "everywhere"}


def test_a_window_and_cache_rules_are_set_and_taken_back(as_admin: Client, traces: None) -> None:
    known = page_text(as_admin, "/prices/model?model=gpt-4o")
    assert "128,000 tokens" in known
    assert f"by {price_source()}" in known
    assert "by the provider&#x27;s documentation" in known
    answer = as_admin.post("/prices/rules?model=gpt-4o&range=7d", RULES)
    assert answer["Location"] == "/prices?range=7d"
    assert "own rules" in page_text(as_admin, "/prices")
    page = page_text(as_admin, "/prices/model?model=gpt-4o")
    assert page.count("set here</b>") == 3
    assert 'name="cache_min_tokens" value="512"' in page
    as_admin.post("/prices/rules?model=gpt-4o", {})
    assert not ModelRules.objects.exists()
    noted = AuditEntry.objects.filter(kind="rules of a model").order_by("pk")
    assert list(noted.values_list("action", flat=True)) == ["added", "removed"]


def test_a_rule_that_is_none_is_refused_at_its_field(as_admin: Client, traces: None) -> None:
    wrong = {**RULES, "context_window_tokens": "12"}
    assert (
        'href="#id_context_window_tokens"' in as_admin.post("/prices/rules?model=m", wrong).content.decode()
    )
    assert as_admin.post("/prices/rules", RULES).status_code == 200
    assert not ModelRules.objects.exists()


def test_prices_are_for_staff(as_member: Client, project: Project) -> None:
    for path in ("/prices", "/prices/model"):
        assert as_member.get(path).status_code == 403
        assert as_member.post(path, PRICE).status_code == 403
    assert as_member.post("/prices/rules?model=m", RULES).status_code == 403
    assert as_member.post("/prices/remove", PRICE).status_code == 403
    assert not PriceOverride.objects.exists()
