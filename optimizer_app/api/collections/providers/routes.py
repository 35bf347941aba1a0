"""Routes of projects: which providers serve a model, and who follows when one fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from optimizer_app.api.fields import ProjectFilter, VisibleProject
from optimizer_app.api.idempotency import idempotent
from optimizer_app.api.view import Collection
from optimizer_app.models import Provider, Role, Route, RouteTarget
from optimizer_app.routes.change import (
    MAX_RETRIES,
    MAX_WEIGHT,
    RouteValues,
    TargetValues,
    add_route,
    change_route,
    move_route,
    remove_route,
)
from optimizer_app.routes.errors import PatternRefused, PatternTaken, TargetsRefused
from optimizer_app.routes.lookup import way_of


@extend_schema_field(OpenApiTypes.UUID)
class VisibleProvider(serializers.PrimaryKeyRelatedField[Provider]):
    """The id of a provider of one of those projects."""

    def get_queryset(self) -> QuerySet[Provider]:
        return Provider.objects.filter(project__in=self.context["projects"])


class TargetSerializer(serializers.ModelSerializer[RouteTarget]):
    class Meta:
        model = RouteTarget
        fields: ClassVar = ["provider", "model", "weight"]


class RouteSerializer(serializers.ModelSerializer[Route]):
    targets = TargetSerializer(many=True)

    class Meta:
        model = Route
        fields: ClassVar = ["id", "project", "pattern", "position", "max_retries", "targets", "created_at"]


class TargetChange(serializers.Serializer[Any]):
    provider = VisibleProvider()
    model = serializers.CharField(
        max_length=200,
        allow_blank=True,
        default="",
        help_text="The provider's name for it; empty: as it came.",
    )
    weight = serializers.IntegerField(
        min_value=0, max_value=MAX_WEIGHT, default=1, help_text="Its share of conversations; 0: it stands by."
    )


class RouteChange(serializers.Serializer[Any]):
    pattern = serializers.CharField(
        max_length=200, required=False, help_text="A model's name, with * for anything."
    )
    max_retries = serializers.IntegerField(min_value=0, max_value=MAX_RETRIES, required=False)
    targets = TargetChange(many=True, required=False)


class NewRoute(RouteChange):
    project = VisibleProject()
    pattern = serializers.CharField(max_length=200)
    targets = TargetChange(many=True)


class PositionSerializer(serializers.Serializer[Any]):
    position = serializers.IntegerField(min_value=0)


class WayFilter(serializers.Serializer[Any]):
    project = VisibleProject()
    model = serializers.CharField(max_length=200)
    kind = serializers.ChoiceField(
        choices=("openai", "anthropic"), default="openai", help_text="Whose format the request is in."
    )


class DestinationSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    model = serializers.CharField()
    share = serializers.FloatField()


class WaySerializer(serializers.Serializer[Any]):
    model = serializers.CharField()
    route = serializers.UUIDField(source="route.pk", allow_null=True, default=None)
    destinations = DestinationSerializer(many=True)


@extend_schema_view(list=extend_schema(parameters=[ProjectFilter]))
class RoutesView(Collection):
    """Which providers serve a model: the first route whose pattern fits leads a request."""

    queryset = Route.objects.none()
    serializer_class = RouteSerializer
    filters = ProjectFilter
    ordering = ("position", "id")
    roles: ClassVar = {
        "create": Role.OWNER,
        "partial_update": Role.OWNER,
        "destroy": Role.OWNER,
        "move": Role.OWNER,
    }

    def get_queryset(self) -> QuerySet[Route]:
        return Route.objects.filter(project__in=self.projects).prefetch_related("targets")

    @extend_schema(request=NewRoute, responses={201: RouteSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Add a route, behind those that the project has."""
        asked = self.read(NewRoute)
        project = asked.pop("project")
        with _refusals_named():
            route = add_route(project, _values(asked, RouteValues("", ())))
        return Response(RouteSerializer(route).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=RouteChange, responses=RouteSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change what is given."""
        route: Route = self.get_object()
        with _refusals_named():
            change_route(route, _values(self.read(RouteChange), _present(route)))
        return Response(RouteSerializer(self.get_object()).data)

    def destroy(self, request: Request, pk: str) -> Response:
        """Remove the route: its requests go by the next one that fits."""
        remove_route(self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=PositionSerializer, responses=RouteSerializer)
    @action(detail=True, methods=["post"])
    def move(self, request: Request, pk: str) -> Response:
        """Put the route at a place among the project's, counted from 0."""
        move_route(self.get_object(), self.read(PositionSerializer)["position"])
        return Response(RouteSerializer(self.get_object()).data)

    @extend_schema(parameters=[WayFilter], responses=WaySerializer)
    @action(detail=False, methods=["get"], url_path="for-model", pagination_class=None)
    def for_model(self, request: Request) -> Response:
        """Where a request for a model would go."""
        asked = self.read(WayFilter, request.query_params)
        return Response(WaySerializer(way_of(**asked)).data)


def _present(route: Route) -> RouteValues:
    targets = [TargetValues(each.provider, each.model, each.weight) for each in route.targets.all()]
    return RouteValues(route.pattern, targets, route.max_retries)


def _values(asked: dict[str, Any], present: RouteValues) -> RouteValues:
    targets = asked.get("targets")
    return RouteValues(
        asked.get("pattern", present.pattern),
        present.targets if targets is None else [TargetValues(**target) for target in targets],
        asked.get("max_retries", present.max_retries),
    )


@contextmanager
def _refusals_named() -> Iterator[None]:
    """What the use cases refuse, as errors of the field that is meant."""
    try:
        yield
    except PatternTaken as error:
        raise serializers.ValidationError({"pattern": "the project has a route for this pattern"}) from error
    except PatternRefused as error:
        raise serializers.ValidationError({"pattern": str(error)}) from error
    except TargetsRefused as error:
        raise serializers.ValidationError({"targets": str(error)}) from error
