"""Money, against sums made by hand from the list prices of July 2025 to November 2026.

gpt-4o: $2.50 a million input tokens, $1.25 from the cache. gpt-4-turbo: $10 and no cache.
claude-sonnet-4-20250514: $3, $0.30 from the cache, $3.75 written to it.
"""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from optimizer_app.models import Project
from optimizer_app.optimize.usage import NOTHING_BILLED, UNKNOWN_USAGE, Usage
from optimizer_app.receipts.saving import UNPRICED, CutPrompt, Prices, price_request
from optimizer_app.traces.storing.store import store
from tests.optimizer_app.traces.records import new_record

AT = datetime(2026, 11, 1, tzinfo=UTC)
CLAUDE = "claude-sonnet-4-20250514"


def priced(model, dialect, before, after, usage, **more):
    return price_request(CutPrompt(model, dialect, before, after, [usage], AT, **more))


def saved(*given):
    found = priced(*given)
    return found.gross_usd, found.net_usd


@pytest.mark.parametrize(
    ("model", "dialect", "usage", "gross", "net"),
    [
        # 10,000 tokens cut, and nothing known of the cache
        ("gpt-4o", "openai", Usage(2_000), "0.025", "0.025"),
        # half of what was sent came from the cache: so would half of what was cut have
        ("gpt-4o", "openai", Usage(2_000, 1_000), "0.025", "0.01875"),
        ("gpt-4o", "openai", Usage(2_000, 2_000), "0.025", "0.0125"),
        ("gpt-4-turbo", "openai", Usage(2_000, 1_000), "0.1", "0.1"),
        # a quarter read, a half written, a quarter neither: 0.25 * 0.3 + 0.5 * 3.75 + 0.25 * 3 = 2.7
        (CLAUDE, "anthropic", Usage(2_000, 500, 1_000), "0.03", "0.027"),
        # all of it written: cutting saved more than the list price
        (CLAUDE, "anthropic", Usage(2_000, 0, 2_000), "0.03", "0.0375"),
    ],
)
def test_a_cut_of_ten_thousand_tokens(model, dialect, usage, gross, net):
    assert saved(model, dialect, 12_000, 2_000, usage) == (Decimal(gross), Decimal(net))


def test_reading_back_is_paid_by_the_net():
    """10,000 tokens cut; then 3,000 sent, 2,000 of them from the cache: 1,000 * 2.5 + 2,000 * 1.25. The first
    call wrote 100 tokens at $10, the second 50: 2,000 * 2.5 + 0.001 + 0.005 + 0.0005."""
    calls = Usage(2_000, 0, 0, 100), Usage(3_000, 2_000, 0, 50)
    found = price_request(CutPrompt("gpt-4o", "openai", 12_000, 2_000, calls, AT))

    assert found == Prices(Decimal("0.025"), Decimal("0.019"), Decimal("0.006"), Decimal("0.0115"))


def test_usage_adds_up():
    assert Usage(1, None, 2, None) + Usage(10, 5, None, None) == Usage(11, 5, 2, None)


def test_nothing_cut_is_nothing_saved():
    assert saved("gpt-4o", "openai", 500, 500, Usage(500, 200)) == (Decimal(0), Decimal(0))


def test_a_prompt_that_grew_cost_money():
    assert saved("gpt-4o", "openai", 0, 1_000, Usage(1_000)) == (Decimal("-0.0025"), Decimal("-0.0025"))


@pytest.mark.parametrize(
    ("usage", "billed"),
    [
        # 1,000 * 2.5 + 1,000 * 1.25 + 100 * 10
        (Usage(2_000, 1_000, 0, 100), "0.00475"),
        (NOTHING_BILLED, "0"),
    ],
)
def test_the_bill_is_what_was_sent_and_what_was_answered(usage, billed):
    found = priced("gpt-4o", "openai", 12_000, 2_000, usage)

    assert (found.billed_usd, found.billed_is_estimated) == (Decimal(billed), False)


def test_a_bill_that_never_came_is_estimated_by_the_prompt_that_was_sent():
    found = priced("gpt-4o", "openai", 12_000, 2_000, UNKNOWN_USAGE, was_answered=True)

    assert (found.billed_usd, found.billed_is_estimated) == (Decimal("0.005"), True)


def test_what_went_to_no_provider_was_not_billed():
    assert priced("gpt-4o", "openai", 12_000, 2_000, UNKNOWN_USAGE).billed_usd is None


def test_a_price_that_depends_on_the_length_is_that_of_each_length():
    """gemini-2.5-pro: $1.25 a million up to 200k tokens, $2.50 above."""
    saved = Decimal("0.5") - Decimal("0.125")
    assert priced("gemini-2.5-pro", "openai", 200_001, 100_000, UNKNOWN_USAGE).gross_usd == saved + Decimal(
        "0.0000025"
    )


def test_without_usage_net_is_unknown():
    assert saved("gpt-4o", "openai", 2_000, 1_000, UNKNOWN_USAGE) == (Decimal("0.0025"), None)


def test_what_was_not_billed_saved_nothing():
    assert saved("gpt-4o", "openai", 2_000, 1_000, NOTHING_BILLED) == (Decimal("0.0025"), Decimal(0))


@pytest.mark.parametrize("model", ["", "echo", "my-finetune"])
def test_an_unknown_model_is_unpriced(model):
    assert priced(model, "openai", 2_000, 1_000, Usage(1_000)) == UNPRICED


def test_a_model_behind_another_dialect_is_known_by_its_name():
    assert priced(CLAUDE, "openai", 2_000, 1_000, Usage(1_000)).gross_usd == Decimal("0.003")


def test_usage_that_does_not_add_up_is_bounded_by_the_input():
    assert priced("gpt-4o", "openai", 2_000, 1_000, Usage(1_000, 5_000, 5_000)).net_usd == Decimal("0.00125")


@pytest.mark.parametrize(
    ("fields", "net"),
    [
        ({"usage_input_tokens": 300, "usage_cached_tokens": 150}, "0.0013125"),
        ({"usage_input_tokens": None}, None),
        ({"usage_input_tokens": None, "status": "error", "http_status": 500}, "0"),
    ],
)
def test_the_trace_has_the_money(transactional_db, fields, net):
    project = Project.objects.create(name="ours")
    record = new_record(project.id, **fields)

    store([record])

    trace = project.traces.get()
    assert trace.gross_usd == Decimal("0.00175")
    assert trace.net_usd == (None if net is None else Decimal(net))
