"""From a config to its requests, and back."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.test import Client

from optimizer_app.configs.create import create_config
from optimizer_app.configs.values import ConfigValues
from optimizer_app.models import Project
from tests.dashboard.pages import page_text
from tests.dashboard.traces.rows import make_trace


def test_requests_are_listed_by_config_and_version(as_admin: Client, project: Project) -> None:
    first, second, other = (
        make_trace(project, config_name=name, config_version=version)
        for name, version in (("agents", 1), ("agents", 2), ("chat", 1))
    )
    page = page_text(as_admin, "/requests?config=agents")
    assert [f'href="/requests/{trace.pk}' in page for trace in (first, second, other)] == [True, True, False]
    assert '<option value="agents" selected>agents (2)</option>' in page
    page = page_text(as_admin, "/requests?config=agents&version=2")
    assert [f'href="/requests/{trace.pk}' in page for trace in (first, second, other)] == [False, True, False]
    assert '<input type="hidden" name="version" value="2">' in page


def test_a_request_leads_to_the_version_that_it_met(as_admin: Client, admin: User, project: Project) -> None:
    config = create_config(project, "agents", ConfigValues("safe"), author=admin)
    met = make_trace(project, config_name="agents", config_version=1)
    gone = make_trace(project, config_name="deleted", config_version=1)
    link = f'<a href="/configs/{config.pk}/versions/1">agents v1</a>'
    assert link in page_text(as_admin, f"/requests/{met.pk}")
    assert "/versions/" not in page_text(as_admin, f"/requests/{gone.pk}")
    traffic = "/requests?project=ci-agent&amp;config=agents&amp;version=1"
    assert traffic in page_text(as_admin, f"/configs/{config.pk}/versions/1")
