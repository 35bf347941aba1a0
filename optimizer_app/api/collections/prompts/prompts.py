"""Prompt templates with their versions: created, published, rolled back, rendered, reckoned."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from optimizer_app.api.collections.prompts.drafts import PromptDrafts
from optimizer_app.api.collections.prompts.serializers import (
    CostRequest,
    CostSerializer,
    NewPrompt,
    PromptPublishRequest,
    PromptRollBackRequest,
    PromptSerializer,
    PromptVersionSerializer,
    RenderedSerializer,
    RenderRequest,
)
from optimizer_app.api.errors import Conflict
from optimizer_app.api.fields import ProjectFilter
from optimizer_app.api.idempotency import idempotent
from optimizer_app.models import PromptTemplate, PromptVersion, Role
from optimizer_app.prompts.changes import PARTS
from optimizer_app.prompts.check import checked
from optimizer_app.prompts.costs import template_cost
from optimizer_app.prompts.create import create_template
from optimizer_app.prompts.errors import ContentRefused, NothingToPublish, PublishedMeanwhile, ValuesRefused
from optimizer_app.prompts.rendering import rendered_body
from optimizer_app.prompts.template import Template
from optimizer_app.prompts.versions.history import versions_of
from optimizer_app.prompts.versions.publish import publish, roll_back


@extend_schema_view(list=extend_schema(parameters=[ProjectFilter]))
class PromptsView(PromptDrafts):
    """Prompts with variables, which requests send by their names."""

    queryset = PromptTemplate.objects.none()
    serializer_class = PromptSerializer
    filters = ProjectFilter
    ordering = ("name", "id")
    roles: ClassVar = {"render": Role.VIEWER, "cost": Role.VIEWER}

    def get_queryset(self) -> QuerySet[PromptTemplate]:
        return PromptTemplate.objects.filter(project__in=self.projects)

    @extend_schema(request=NewPrompt, responses={201: PromptSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Make a template; its first version is live at once."""
        asked = self.read(NewPrompt)
        with transaction.atomic(), _refused_by_field():
            template = create_template(asked["project"], asked["name"])
            publish(template, request.user, _content(asked), base_version=0, note=asked["note"])
        template.refresh_from_db()
        return Response(PromptSerializer(template).data, status=status.HTTP_201_CREATED)

    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a template with its versions. A request that names it is refused from then on."""
        self.get_object().delete()
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=PromptPublishRequest, responses=PromptVersionSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def publish(self, request: Request, pk: str) -> Response:
        """Make a new version live. Refused where another was published after `base_version`."""
        template, asked = self.get_object(), self.read(PromptPublishRequest)
        given = {"base_version": asked["base_version"], "note": asked["note"]}
        return _published(lambda: publish(template, request.user, _content(asked), **given))

    @extend_schema(request=PromptRollBackRequest, responses=PromptVersionSerializer)
    @action(detail=True, methods=["post"], url_path="roll-back")
    @idempotent
    def roll_back(self, request: Request, pk: str) -> Response:
        """Publish a copy of an older version."""
        template, asked = self.get_object(), self.read(PromptRollBackRequest)
        number = asked.pop("version")
        return _published(lambda: roll_back(template, number, request.user, **asked))

    @extend_schema(responses=PromptVersionSerializer(many=True))
    @action(detail=True, pagination_class=None)
    def versions(self, request: Request, pk: str) -> Response:
        """All versions, the newest first."""
        return Response(PromptVersionSerializer(versions_of(self.get_object()), many=True).data)

    @extend_schema(request=RenderRequest, responses=RenderedSerializer)
    @action(detail=True, methods=["post"])
    def render(self, request: Request, pk: str) -> Response:
        """The body that a request with these values sends. Nothing is sent."""
        asked = self.read(RenderRequest)
        version = _version(self.get_object(), asked["version"])
        with _refused_by_field():
            body = rendered_body(_usable(version), asked["variables"])
        return Response({"version": version.number, "body": body})

    @extend_schema(request=CostRequest, responses=CostSerializer)
    @action(detail=True, methods=["post"])
    def cost(self, request: Request, pk: str) -> Response:
        """Tokens of a version's parts, and what so many requests cost with the provider's cache."""
        asked = self.read(CostRequest)
        version = _version(self.get_object(), asked["version"])
        template = _usable(version)
        values = {**template.examples(), **asked["variables"]}
        with _refused_by_field():
            cost = template_cost(template, values, asked["requests"], asked["model"])
        return Response({"version": version.number, **CostSerializer(cost).data})


def _content(asked: Mapping[str, Any]) -> dict[str, Any]:
    return {part: asked[part] for part in PARTS}


def _version(template: PromptTemplate, number: int | None) -> PromptVersion:
    found = versions_of(template).filter(number=number or template.version).first()
    if found is None:
        raise NotFound("the template has no such version")
    return found


def _usable(version: PromptVersion) -> Template:
    return checked(version.content)


@contextmanager
def _refused_by_field() -> Iterator[None]:
    """Turns a refusal into the API's error, which names the field."""
    try:
        yield
    except ContentRefused as error:
        raise serializers.ValidationError(error.problems) from error
    except ValuesRefused as error:
        named = {name or "non_field_errors": reason for name, reason in error.problems.items()}
        raise serializers.ValidationError({"variables": named}) from error


def _published(work: Callable[[], PromptVersion]) -> Response:
    """The version that is live now, or why it is not."""
    try:
        with _refused_by_field():
            return Response(PromptVersionSerializer(work()).data)
    except NothingToPublish as error:
        raise Conflict(str(error)) from error
    except PublishedMeanwhile as error:
        more = {"live_version": error.live.number, "parts": error.parts}
        raise Conflict(str(error), more) from error
    except PromptVersion.DoesNotExist as error:
        raise NotFound("the template has no such version") from error
