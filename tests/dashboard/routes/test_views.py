"""The routes: listed, added, changed, ordered and removed; where a model would go."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import redis
from django.conf import settings
from django.test import Client

from optimizer_app.models import Project, Provider, Route
from optimizer_app.providers.breaker import FAILURES, SCRIPTS, circuit_key
from optimizer_app.providers.change import ProviderValues, add_provider
from optimizer_app.routes.change import RouteValues, TargetValues, add_route
from tests.dashboard.pages import page_text


@pytest.fixture
def providers(project: Project) -> Sequence[Provider]:
    return [add_provider(project, ProviderValues(name, "openai")) for name in ("house", "spare")]


@pytest.fixture
def route(project: Project, providers: Sequence[Provider]) -> Route:
    house, spare = providers
    return add_route(project, RouteValues("gpt-*", [TargetValues(house), TargetValues(spare, "mini", 0)]))


def fields(*targets: tuple[Provider, str, int], pattern: str = "o3*") -> dict[str, str]:
    found = {"pattern": pattern, "max_retries": "1"}
    for number, (provider, model, weight) in enumerate(targets):
        found |= {
            f"provider_{number}": str(provider.pk),
            f"model_{number}": model,
            f"weight_{number}": str(weight),
        }
    return found


def test_without_any_it_says_where_requests_go(as_member: Client, project: Project) -> None:
    assert "No route yet" in page_text(as_member, "/routes")


def test_the_list(as_member: Client, route: Route) -> None:
    page = page_text(as_member, "/routes")
    assert "<code>gpt-*</code>" in page
    assert 'spare <span class="faint">as mini</span>' in page


def test_a_route_is_added(as_member: Client, project: Project, providers: Sequence[Provider]) -> None:
    house, spare = providers
    answer = as_member.post("/routes/new", fields((house, "", 3), (spare, "other", 0)))
    assert answer["Location"] == "/routes"
    route = project.routes.get()
    assert (route.pattern, route.max_retries) == ("o3*", 1)
    kept = [(each.provider, each.model, each.weight) for each in route.targets.all()]
    assert kept == [(house, "", 3), (spare, "other", 0)]


def test_a_route_is_changed(as_member: Client, route: Route, providers: Sequence[Provider]) -> None:
    page = page_text(as_member, f"/routes/{route.pk}")
    assert 'value="gpt-*"' in page
    assert 'value="mini"' in page
    as_member.post(f"/routes/{route.pk}", fields((providers[1], "", 1)))
    route.refresh_from_db()
    assert (route.pattern, route.targets.get().provider) == ("o3*", providers[1])


def test_what_is_refused_is_said_at_its_field(
    as_member: Client, route: Route, providers: Sequence[Provider]
) -> None:
    house = providers[0]
    for sent, reason, field in (
        (fields((house, "", 1), pattern="gpt-*"), "The project has a route for this.", "pattern"),
        (fields((house, "", 1), pattern="a b"), "is no model&#x27;s name", "pattern"),
        (fields((house, "", 0)), "a route needs a provider with a weight", "provider_0"),
    ):
        page = as_member.post("/routes/new", sent).content.decode()
        assert reason in page
        assert f'href="#id_{field}"' in page


def test_routes_are_put_in_order_and_removed(
    as_member: Client, project: Project, route: Route, providers: Sequence[Provider]
) -> None:
    add_route(project, RouteValues("*", [TargetValues(providers[0])]))
    as_member.post(f"/routes/{route.pk}/move", {"to": "down"})
    assert list(project.routes.values_list("pattern", flat=True)) == ["*", "gpt-*"]
    as_member.post(f"/routes/{route.pk}/move", {"to": "up"})
    assert list(project.routes.values_list("pattern", flat=True)) == ["gpt-*", "*"]
    assert "Delete “gpt-*”?" in page_text(as_member, f"/routes/{route.pk}/remove")
    as_member.post(f"/routes/{route.pk}/remove")
    assert list(project.routes.values_list("pattern", flat=True)) == ["*"]


def test_where_a_model_would_go(as_member: Client, route: Route) -> None:
    page = page_text(as_member, "/routes?model=gpt-4o")
    assert "<b>house</b> as <code>gpt-4o</code>; <b>spare</b> as <code>mini</code>, standing by." in page
    page = page_text(as_member, "/routes?model=o3")
    assert "In OpenAI’s format goes by no route: <b>house</b> as <code>o3</code>." in page
    assert "In Anthropic’s format goes nowhere" in page


def test_an_open_circuit_is_shown(as_member: Client, route: Route, providers: Sequence[Provider]) -> None:
    with redis.Redis.from_url(settings.REDIS_URL) as valkey:
        for _ in range(FAILURES):
            valkey.eval(SCRIPTS["failed"], 1, circuit_key(providers[0].pk))
    page = page_text(as_member, "/routes")
    assert f'<b class="flag danger" title="{FAILURES} failures in a row">open</b>' in page


def test_anothers_route_is_not_there(as_member: Client, foreign_project: Project) -> None:
    provider = add_provider(foreign_project, ProviderValues("theirs", "openai"))
    route = add_route(foreign_project, RouteValues("gpt-*", [TargetValues(provider)]))
    assert "gpt-*" not in page_text(as_member, "/routes")
    for path in ("", "/move", "/remove"):
        assert as_member.post(f"/routes/{route.pk}{path}", {}).status_code == 404
