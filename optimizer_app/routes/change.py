"""Adding, changing, ordering and removing the routes of a project. Requests follow within seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from optimizer_app.models import Project, Provider, Route, RouteTarget
from optimizer_app.routes.errors import PatternTaken, TargetsRefused
from optimizer_app.routes.patterns import checked_pattern

MAX_TARGETS = 10
MAX_RETRIES = 5
MAX_WEIGHT = 1_000


@dataclass(frozen=True, slots=True)
class TargetValues:
    """A provider of a route; with weight 0 it stands by."""

    provider: Provider
    model: str = ""
    weight: int = 1


@dataclass(frozen=True, slots=True)
class RouteValues:
    """What people set of a route, its providers in their order."""

    pattern: str
    targets: Sequence[TargetValues]
    max_retries: int = 2


@transaction.atomic
def add_route(project: Project, values: RouteValues) -> Route:
    """The route, behind those that the project has."""
    last = project.routes.order_by("-position").values_list("position", flat=True).first()
    route = Route(project=project, position=0 if last is None else last + 1)
    _set(route, values)
    return route


@transaction.atomic
def change_route(route: Route, values: RouteValues) -> None:
    """Set all of it or nothing; its place in the order stays."""
    _set(route, values)


def remove_route(route: Route) -> None:
    """Its requests go by the next route that fits, else to the first provider of their kind."""
    route.delete()


@transaction.atomic
def move_route(route: Route, position: int) -> None:
    """Put the route at a place among the project's, counted from 0."""
    others = list(route.project.routes.select_for_update().exclude(pk=route.pk).order_by("position"))
    others.insert(min(max(position, 0), len(others)), route)
    for place, each in enumerate(others):
        each.position = place
    Route.objects.bulk_update(others, ["position"])


def _set(route: Route, values: RouteValues) -> None:
    pattern = checked_pattern(values.pattern)
    _check_targets(route.project, values.targets)
    if route.project.routes.filter(pattern=pattern).exclude(pk=route.pk).exists():
        raise PatternTaken(pattern)
    route.pattern, route.max_retries = pattern, values.max_retries
    route.save()
    route.targets.all().delete()
    RouteTarget.objects.bulk_create(
        RouteTarget(
            route=route, provider=each.provider, model=each.model.strip(), weight=each.weight, position=place
        )
        for place, each in enumerate(values.targets)
    )


def _check_targets(project: Project, targets: Sequence[TargetValues]) -> None:
    if len(targets) > MAX_TARGETS:
        raise TargetsRefused(f"{len(targets)} providers are too many, {MAX_TARGETS} at most")
    if not any(target.weight for target in targets):
        raise TargetsRefused("a route needs a provider with a weight: who stands by follows another")
    for target in targets:
        if target.provider.project_id != project.pk:
            raise TargetsRefused(f"{target.provider.name} is a provider of another project")
    if len({(target.provider.pk, target.model.strip()) for target in targets}) < len(targets):
        raise TargetsRefused("a provider stands there twice under the same model")
