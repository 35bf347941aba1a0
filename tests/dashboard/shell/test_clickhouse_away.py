"""What pages say while ClickHouse, which has the older requests, does not answer."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from optimizer_app.models import OptimizationConfig, Project, TraceCopying
from tests.dashboard.pages import page_text

SAID = "ClickHouse does not answer"


@pytest.fixture
def away(project: Project, settings: Any) -> None:
    """All traces were copied, and PostgreSQL keeps two days of them."""
    TraceCopying.objects.create()
    settings.CLICKHOUSE_URL = "http://127.0.0.1:9/away"
    settings.POSTGRES_TRACE_DAYS = 2


@pytest.mark.usefixtures("away")
def test_a_page_says_from_when_requests_are_missing(as_member: Client) -> None:
    page = page_text(as_member, "/requests?range=7d")
    assert SAID in page
    assert "Sums over all requests are complete." in page


@pytest.mark.usefixtures("away")
def test_a_range_that_postgresql_keeps_is_whole(as_member: Client) -> None:
    page_text(as_member, "/requests?range=7d")
    assert SAID not in page_text(as_member, "/requests?range=24h")


def test_without_one_nothing_is_said(as_member: Client, project: Project) -> None:
    assert SAID not in page_text(as_member, "/requests?range=90d")


@pytest.mark.usefixtures("away")
def test_a_look_for_proposals_does_not_say_that_nothing_happened(as_member: Client, project: Project) -> None:
    config = OptimizationConfig.objects.create(project=project, name="agents")
    answer = as_member.post(f"/configs/{config.pk}/look", follow=True).content.decode()
    assert f"{SAID}, and has a part of the last 30 days: look again later." in answer
    assert "speaks for a change" not in answer
