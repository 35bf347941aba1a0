"""Adding, changing, ordering and removing routes; where a model goes by them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from optimizer_app.models import Project, Provider
from optimizer_app.providers.change import ProviderValues, add_provider, remove_provider
from optimizer_app.providers.errors import ProviderInUse
from optimizer_app.routes.change import (
    MAX_TARGETS,
    RouteValues,
    TargetValues,
    add_route,
    change_route,
    move_route,
    remove_route,
)
from optimizer_app.routes.errors import PatternRefused, PatternTaken, TargetsRefused
from optimizer_app.routes.lookup import routes_of, way_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return Project.objects.create(name="p")


@pytest.fixture
def house(project: Project) -> Provider:
    return add_provider(project, ProviderValues("house", "openai"))


@pytest.fixture
def spare(project: Project) -> Provider:
    return add_provider(project, ProviderValues("spare", "anthropic"))


def to(*providers: Provider, pattern: str = "gpt-*") -> RouteValues:
    return RouteValues(pattern, [TargetValues(provider) for provider in providers])


def test_a_route_keeps_its_providers_in_their_order(
    project: Project, house: Provider, spare: Provider
) -> None:
    targets = [TargetValues(spare, " claude ", 0), TargetValues(house, weight=3)]
    route = add_route(project, RouteValues(" gpt-* ", targets, 1))
    assert (route.pattern, route.max_retries) == ("gpt-*", 1)
    kept = [(each.provider.name, each.model, each.weight) for each in route.targets.all()]
    assert kept == [("spare", "claude", 0), ("house", "", 3)]


def test_a_change_is_of_all_or_nothing(project: Project, house: Provider, spare: Provider) -> None:
    route = add_route(project, to(house))
    add_route(project, to(house, pattern="taken"))
    with pytest.raises(PatternTaken):
        change_route(route, to(spare, pattern="taken"))
    route.refresh_from_db()
    assert (route.pattern, route.targets.get().provider) == ("gpt-*", house)
    change_route(route, replace(to(spare), max_retries=0))
    assert route.targets.get().provider == spare


@pytest.mark.parametrize("pattern", ["", "  ", "two words", "a[bc]", "a?"])
def test_what_can_be_no_pattern(project: Project, house: Provider, pattern: str) -> None:
    with pytest.raises(PatternRefused):
        add_route(project, to(house, pattern=pattern))


def test_what_can_be_no_providers(project: Project, house: Provider) -> None:
    foreign = add_provider(Project.objects.create(name="q"), ProviderValues("theirs", "openai"))
    for targets, reason in (
        ([], "needs a provider with a weight"),
        ([TargetValues(house, weight=0)], "needs a provider with a weight"),
        ([TargetValues(house), TargetValues(foreign)], "of another project"),
        ([TargetValues(house, "a"), TargetValues(house, "a ")], "twice"),
        ([TargetValues(house, str(number)) for number in range(MAX_TARGETS + 1)], "too many"),
    ):
        with pytest.raises(TargetsRefused, match=reason):
            add_route(project, RouteValues("*", targets))
    assert not project.routes.exists()


def test_routes_are_put_in_order(project: Project, house: Provider) -> None:
    first, second, third = (add_route(project, to(house, pattern=name)) for name in "abc")
    move_route(third, 0)
    assert [route.pattern for route in routes_of(project)] == ["c", "a", "b"]
    move_route(third, 99)
    assert [route.pattern for route in routes_of(project)] == ["a", "b", "c"]
    remove_route(second)
    move_route(first, -1)
    assert [route.pattern for route in routes_of(project)] == ["a", "c"]


def test_a_provider_that_a_route_leads_to_stays(project: Project, house: Provider) -> None:
    route = add_route(project, to(house))
    with pytest.raises(ProviderInUse, match=r"gpt-\*"):
        remove_provider(house)
    remove_route(route)
    remove_provider(house)


def test_where_a_model_goes(project: Project, house: Provider, spare: Provider) -> None:
    targets = [TargetValues(spare, "claude", 0), TargetValues(house, weight=3), TargetValues(house, "b", 1)]
    route = add_route(project, RouteValues("gpt-*", targets))
    way = way_of(project, "gpt-4o", "openai")
    assert way.route == route
    assert [(one.name, one.model, one.share) for one in way.destinations] == [
        ("house", "gpt-4o", 0.75),
        ("house", "b", 0.25),
        ("spare", "claude", 0),
    ]
    by_kind = {kind: way_of(project, "o3", kind).destinations for kind in ("openai", "anthropic")}
    assert {kind: found[0].name for kind, found in by_kind.items()} == {
        "openai": "house",
        "anthropic": "spare",
    }


def test_a_model_that_goes_nowhere(project: Project) -> None:
    assert way_of(project, "gpt-4o", "openai").destinations[0].name == "echo"
    add_provider(project, ProviderValues("claude", "anthropic"))
    assert way_of(project, "gpt-4o", "openai").destinations == ()
