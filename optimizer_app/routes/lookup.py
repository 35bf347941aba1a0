"""Where a request for a model would go, by the routes and providers of a project as they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from optimizer_app.models import Project, Provider, Route, RouteTarget
from optimizer_app.routes.patterns import fits


@dataclass(frozen=True, slots=True)
class Destination:
    """A provider that would be asked, by which name for the model. `share` is its part of the conversations;
    0: it stands by."""

    provider: Provider | None
    model: str
    share: float

    @property
    def name(self) -> str:
        return self.provider.name if self.provider else "echo"


@dataclass(frozen=True, slots=True)
class Way:
    """What a model's requests meet: the route that fits, or none; then the destinations by the kind that a
    request's dialect asks for."""

    model: str
    route: Route | None
    destinations: Sequence[Destination]


def way_of(project: Project, model: str, kind: str) -> Way:
    """Where requests for the model go, made in the dialect of providers of this kind."""
    for route in routes_of(project):
        if fits(route.pattern, model) and route.targets.all():
            return Way(model, route, destinations(route, model))
    first = project.providers.filter(kind=kind).order_by("created_at", "name").first()
    if first is None and (echo := project.providers.filter(kind=Provider.Kind.ECHO).first()):
        first = echo
    is_served = first is not None or not project.providers.exists()
    return Way(model, None, (Destination(first, model, 1.0),) if is_served else ())


def routes_of(project: Project) -> Sequence[Route]:
    """The routes in the order in which requests meet them."""
    return list(project.routes.prefetch_related("targets__provider").order_by("position"))


def destinations(route: Route, model: str) -> Sequence[Destination]:
    """Its providers: those that share the conversations, then those that stand by."""
    targets: list[RouteTarget] = sorted(route.targets.all(), key=lambda target: not target.weight)
    total = sum(target.weight for target in targets) or 1
    return tuple(
        Destination(target.provider, target.model or model, target.weight / total) for target in targets
    )
