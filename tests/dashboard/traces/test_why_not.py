"""Why a request was not made smaller: told as it was noted, never guessed from what the trace looks like."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.test import Client

from dashboard.traces.why_not import REASONS, why_not
from optimizer_app.models import OptimizationConfig, Project, RequestTrace
from tests.dashboard.pages import page_text
from tests.dashboard.traces.rows import block, make_trace
from token_optimizer.config_fields import SERVICE_FIELDS
from token_optimizer.models import WhyNot


def make_uncut(project: Project, reason: str, **fields: object) -> RequestTrace:
    return make_trace(
        project, tokens_after=1000, stages=[], blocks=[block(1000, 1000)], why_not=reason, **fields
    )


def test_each_reason_has_its_words_and_names_a_field_that_there_is() -> None:
    assert set(REASONS) == set(WhyNot)
    assert len({reason.label for reason in REASONS.values()}) == len(REASONS)
    assert {reason.field for reason in REASONS.values()} - {""} <= set(SERVICE_FIELDS)


@pytest.mark.parametrize(
    ("noted", "said"),
    [
        ("", ""),
        ("bypassed", "the caller switched the optimizer off"),
        ("over_time", "what would have cut it did not fit into the latency budget"),
        ("of_a_newer_version", ""),
    ],
)
def test_what_was_noted_is_said(noted: str, said: str) -> None:
    assert why_not(RequestTrace(tokens_before=900, tokens_after=900, why_not=noted)) == said


def test_the_list_finds_them_and_says_it(as_member: Client, project: Project) -> None:
    smaller = make_trace(project)
    same = make_uncut(project, "nothing_redundant")
    page = page_text(as_member, "/requests?flag=same")
    assert f"/requests/{same.pk}" in page
    assert f"/requests/{smaller.pk}" not in page
    assert "no rule found anything" in page


def test_the_list_filters_by_the_reason_and_counts_each(as_member: Client, project: Project) -> None:
    over_time = make_uncut(project, "over_time")
    others = [make_uncut(project, "too_short") for _ in range(2)]
    assert "Too short (2)" in page_text(as_member, "/requests")
    page = page_text(as_member, "/requests?why_not=over_time")
    assert f"/requests/{over_time.pk}" in page
    assert not any(f"/requests/{other.pk}" in page for other in others)
    assert "Clear" in page


def test_the_page_of_one_says_what_would_help(as_member: Client, project: Project) -> None:
    config = OptimizationConfig.objects.create(project=project, name="agents")
    trace = make_uncut(project, "over_time", config_name=config.name)
    page = page_text(as_member, f"/requests/{trace.pk}")
    assert "0 cut: what would have cut it did not fit into the latency budget." in page
    assert (
        f'<a href="/configs/{config.pk}?mark=max_latency_ms#id_max_latency_ms">A longer time lets it run.</a>'
        in page
    )


def test_one_of_before_reasons_were_noted_says_so(as_member: Client, project: Project) -> None:
    trace = make_uncut(project, "")
    assert "0 cut: no reason was noted for it." in page_text(as_member, f"/requests/{trace.pk}")


def test_the_overview_shows_each_share(as_member: Client, project: Project) -> None:
    for reason in ("too_short", "too_short", "too_short", "all_frozen"):
        make_uncut(project, reason)
    make_trace(project, gross_usd=Decimal(1), net_usd=Decimal(1))
    page = page_text(as_member, "/")
    assert "<b>4</b> of 5 not made smaller" in page
    assert re.search(r"why_not=too_short\">Too short</a>\s?<b>3</b><span>75%</span>", page)
