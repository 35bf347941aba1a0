"""What the list of routes shows: routes in their order, how their providers are, and where a model goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from optimizer_app.models import Project, Provider, Route
from optimizer_app.providers.health import Health, health_of
from optimizer_app.routes.lookup import Destination, Way, destinations, routes_of, way_of


@dataclass(frozen=True, slots=True)
class RouteRow:
    """A route with its place among those of its project."""

    route: Route
    project: Project
    destinations: Sequence[Destination]
    is_first: bool
    is_last: bool

    @property
    def sharing(self) -> Sequence[Destination]:
        return [one for one in self.destinations if one.share]

    @property
    def standing_by(self) -> Sequence[Destination]:
        return [one for one in self.destinations if not one.share]


@dataclass(frozen=True, slots=True)
class HealthRow:
    """A provider, and how it answered of late; None where that is not known."""

    provider: Provider
    health: Health | None


def route_rows(projects: Sequence[Project]) -> list[RouteRow]:
    """The routes, project by project."""
    rows = []
    for project in projects:
        routes = routes_of(project)
        rows += [
            RouteRow(route, project, destinations(route, ""), place == 0, place == len(routes) - 1)
            for place, route in enumerate(routes)
        ]
    return rows


def health_rows(providers: Sequence[Provider]) -> list[HealthRow]:
    """The providers with their health; the built-in echo is always well."""
    asked = [provider for provider in providers if provider.kind != Provider.Kind.ECHO]
    found = health_of([provider.pk for provider in asked])
    return [HealthRow(provider, found.get(provider.pk)) for provider in asked]


def ways(project: Project, model: str) -> list[tuple[str, Way]]:
    """Where the model goes, by the format of the request; one line where that makes no difference."""
    kinds = (("OpenAI’s", "openai"), ("Anthropic’s", "anthropic"))
    found = [(label, way_of(project, model, kind)) for label, kind in kinds]
    return [("any", found[0][1])] if found[0][1].route else found
