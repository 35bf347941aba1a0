"""The list of projects, and one project with its settings."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from optimizer_app.models import ApiKey, OptimizationConfig, Project
from optimizer_app.projects.create import create_project
from tests.dashboard.pages import page_text
from tests.dashboard.traces.rows import make_trace


def names(page: str) -> list[str]:
    return [part.partition('"')[0] for part in page.split('<a class="cover" title="')[1:]]


def test_the_list_says_what_each_project_uses_and_saved(
    as_admin: Client, project: Project, foreign_project: Project
) -> None:
    make_trace(project, net_usd=Decimal("1.5"), gross_usd=Decimal(2))
    make_trace(project, net_usd=None, gross_usd=None)
    ApiKey.issue(project=project, name="ci")
    ApiKey.issue(project=project, name="old")[0].revoke()
    page = page_text(as_admin, "/projects")
    assert names(page) == ["ci-agent", "not-yours"]
    assert '<span class="saved">$1.50</span>' in page
    assert "preset balanced" in page
    assert "never</span>" in page


@pytest.mark.parametrize("sort", ["-keys", "-requests", "-net", "-used"])
def test_the_order_is_in_the_url(
    as_admin: Client, project: Project, foreign_project: Project, sort: str
) -> None:
    make_trace(foreign_project, net_usd=Decimal(1), gross_usd=Decimal(1))
    key, _ = ApiKey.issue(project=foreign_project, name="k")
    ApiKey.objects.filter(pk=key.pk).update(last_used_at=key.created_at)
    assert names(page_text(as_admin, f"/projects?sort={sort}")) == ["not-yours", "ci-agent"]


def test_a_member_sees_own_projects_alone(
    as_member: Client, project: Project, foreign_project: Project
) -> None:
    key, _ = ApiKey.issue(project=foreign_project, name="theirs")
    assert names(page_text(as_member, "/projects")) == ["ci-agent"]
    base = f"/projects/{foreign_project.pk}"
    for path in ("", "/change", "/keys/new", *(f"/keys/{key.pk}{act}" for act in ("", "/rotate", "/revoke"))):
        assert as_member.get(base + path).status_code == 404
        assert as_member.post(base + path, {"name": "theirs"}).status_code == 404
    # Their key is not found under a project of one's own, either.
    assert as_member.get(f"/projects/{project.pk}/keys/{key.pk}/revoke").status_code == 404


def test_the_page_of_a_project(as_member: Client, project: Project) -> None:
    OptimizationConfig.objects.create(project=project, name="agents", is_default=True)
    ApiKey.issue(project=project, name="ci", secret="tok_abcdefghijkl")
    page = page_text(as_member, f"/projects/{project.pk}")
    assert ">agents</a>" in page
    assert "tok_abcd…" in page
    assert "tok_abcdefgh" not in page
    assert "none: the built-in echo answers (" in page


def test_a_project_is_made_with_a_default_config_by_staff_alone(
    as_admin: Client, as_member: Client, admin: User
) -> None:
    assert as_member.post("/projects/new", {"name": "x"}).status_code == 403
    answer = as_admin.post("/projects/new", {"name": "search"})
    made = Project.objects.get(name="search")
    assert answer["Location"] == f"/projects/{made.pk}"
    assert made.configs.get().is_default
    assert list(made.members.all()) == [admin]
    again = as_admin.post("/projects/new", {"name": "search"}).content.decode()
    assert "Another project has this name." in again


def test_settings_are_changed_together(as_member: Client, member: User, project: Project) -> None:
    old = OptimizationConfig.objects.create(project=project, name="old", is_default=True)
    new = OptimizationConfig.objects.create(project=project, name="new")
    fields = {"name": "renamed", "config": str(new.pk), "analytics_url": "http://127.0.0.1:9/events"}
    as_member.post(f"/projects/{project.pk}/change", fields)
    project.refresh_from_db()
    assert (project.name, project.analytics_url) == ("renamed", "http://127.0.0.1:9/events")
    assert [config.is_default for config in (_again(old), _again(new))] == [False, True]
    assert "127.0.0.1:9" in page_text(as_member, f"/projects/{project.pk}")


def test_streams_that_clients_leave_are_read_on_as_it_is_set(as_member: Client, project: Project) -> None:
    place = f"/projects/{project.pk}"
    assert "are closed at once" in page_text(as_member, place)
    as_member.post(f"{place}/change", {"name": "p", "drain_seconds": "20", "drain_tokens": "2500"})
    assert "are read on for 20 s and 2,500 tokens" in page_text(as_member, place)
    refused = as_member.post(f"{place}/change", {"name": "p", "drain_seconds": "61"}).content.decode()
    assert 'href="#id_drain_seconds"' in refused


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("analytics_url", "http://169.254.169.254/", "169.254.169.254 is a link-local or reserved address."),
        ("analytics_url", "ftp://events.example/", "the URL must begin with http:// or https://"),
        ("name", "taken", "Another project has this name."),
        ("config", "00000000-0000-0000-0000-000000000000", "Select a valid choice."),
    ],
)
def test_what_cannot_be_set_is_refused_at_its_field(
    as_member: Client, project: Project, field: str, value: str, reason: str
) -> None:
    create_project("taken", None)
    fields = {"name": "renamed", "analytics_url": "", field: value}
    page = as_member.post(f"/projects/{project.pk}/change", fields).content.decode()
    assert reason in page
    assert f'href="#id_{field}"' in page
    project.refresh_from_db()
    assert (project.name, project.analytics_url) == ("ci-agent", "")


def test_what_the_environment_sets_is_named_as_such(
    as_member: Client, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "ANALYTICS_URL", "https://events.example/path-with-a-token")
    page = page_text(as_member, f"/projects/{project.pk}")
    assert 'events.example <span class="flag more">set by ANALYTICS_URL</span>' in page
    change = page_text(as_member, f"/projects/{project.pk}/change")
    assert "They go to events.example, too, as ANALYTICS_URL of the environment says." in change
    assert "path-with-a-token" not in page + change


def _again(config: OptimizationConfig) -> OptimizationConfig:
    config.refresh_from_db()
    return config
