"""Projects, as far as whoever asks may see them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, ClassVar

from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from optimizer_app.api.access import IsStaff, person_of
from optimizer_app.api.fields import VisibleConfig
from optimizer_app.api.figures.window import WindowFilter, asked, chosen
from optimizer_app.api.idempotency import idempotent
from optimizer_app.api.limits import LimitsChange, UsedSerializer, shown_use, taken_limits
from optimizer_app.api.view import Collection
from optimizer_app.limits.holders import project_holder
from optimizer_app.limits.present import present_use
from optimizer_app.limits.values import LIMIT_FIELDS, limits_of
from optimizer_app.models import OptimizationConfig, Project, Role
from optimizer_app.models.projects.project import MAX_DRAIN_SECONDS, MAX_DRAIN_TOKENS
from optimizer_app.outgoing import UnsafeUrl
from optimizer_app.projects.create import create_project
from optimizer_app.projects.errors import ForeignConfig, NameTaken
from optimizer_app.projects.settings import DrainSettings, change_project
from optimizer_app.projects.usage import project_uses


class ProjectSerializer(serializers.ModelSerializer[Project]):
    default_config = serializers.SerializerMethodField(help_text="The config of keys that name none.")

    class Meta:
        model = Project
        fields: ClassVar = [
            "id",
            "name",
            "analytics_url",
            "default_config",
            "created_at",
            *LIMIT_FIELDS,
            *DrainSettings._fields,
        ]

    def get_default_config(self, project: Project) -> str | None:
        return next((str(config.pk) for config in project.configs.all() if config.is_default), None)


class NewProject(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=100)


class ProjectChange(LimitsChange):
    name = serializers.CharField(max_length=100, required=False)
    analytics_url = serializers.URLField(max_length=500, allow_blank=True, required=False)
    default_config = VisibleConfig(required=False)
    drain_seconds = serializers.IntegerField(
        min_value=0,
        max_value=MAX_DRAIN_SECONDS,
        required=False,
        help_text="How long a stream is read on after its client left; 0: it is closed at once.",
    )
    drain_tokens = serializers.IntegerField(
        min_value=1,
        max_value=MAX_DRAIN_TOKENS,
        required=False,
        help_text="For how many tokens more, at most.",
    )


class ProjectUseSerializer(serializers.Serializer[Any]):
    """What requests came by a project, and what they saved."""

    project = serializers.UUIDField()
    requests = serializers.IntegerField()
    tokens_saved = serializers.IntegerField()
    net_usd = serializers.DecimalField(
        max_digits=20, decimal_places=9, allow_null=True, help_text="Null: no request has a known price."
    )
    keys = serializers.IntegerField(help_text="Those not revoked.")
    last_used_at = serializers.DateTimeField(allow_null=True)


class ProjectsView(Collection):
    """Projects: the walls between users' keys, configs, providers, documents and traces."""

    queryset = Project.objects.none()
    serializer_class = ProjectSerializer
    ordering = ("name", "id")
    roles: ClassVar = {"partial_update": Role.OWNER}

    def get_queryset(self) -> QuerySet[Project]:
        defaults = OptimizationConfig.objects.filter(is_default=True)
        return self.projects.prefetch_related(Prefetch("configs", defaults))

    def get_permissions(self) -> list[Any]:
        found = list(super().get_permissions())
        return [*found, IsStaff()] if self.action == "create" else found

    @extend_schema(request=NewProject, responses={201: ProjectSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Make a project with a default config. Staff only."""
        try:
            project = create_project(self.read(NewProject)["name"], person_of(request))
        except NameTaken as error:
            raise _taken() from error
        return Response(self._shown(project), status=status.HTTP_201_CREATED)

    @extend_schema(request=ProjectChange, responses=ProjectSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change what is given; all of it or nothing."""
        project, given = self.get_object(), self.read(ProjectChange)
        try:
            change_project(
                project,
                name=given.get("name", project.name),
                analytics_url=given.get("analytics_url", project.analytics_url),
                default_config=given.get("default_config"),
                limits=taken_limits(given, limits_of(project)),
                drain=DrainSettings(
                    given.get("drain_seconds", project.drain_seconds),
                    given.get("drain_tokens", project.drain_tokens),
                ),
            )
        except NameTaken as error:
            raise _taken() from error
        except UnsafeUrl as error:
            raise serializers.ValidationError({"analytics_url": str(error)}) from error
        except ForeignConfig as error:
            raise serializers.ValidationError({"default_config": "belongs to another project"}) from error
        return Response(self._shown(project))

    @extend_schema(parameters=[WindowFilter], responses=ProjectUseSerializer(many=True))
    @action(detail=False, pagination_class=None)
    def usage(self, request: Request) -> Response:
        """What each project's requests of a span of time saved, and its keys."""
        of = chosen(request, asked(request, WindowFilter))
        found = project_uses(of.selection.project_ids, of.window.stretch)
        rows = [{"project": pk, **asdict(use)} for pk, use in found.items()]
        return Response(ProjectUseSerializer(rows, many=True).data)

    @extend_schema(responses=UsedSerializer(many=True))
    @action(detail=True, pagination_class=None)
    def use(self, request: Request, pk: str) -> Response:
        """What all keys of the project together use of its limits now."""
        return Response(shown_use(present_use(project_holder(self.get_object(), timezone.now()))))

    def _shown(self, project: Project) -> Any:
        return ProjectSerializer(Project.objects.get(pk=project.pk)).data


def _taken() -> serializers.ValidationError:
    return serializers.ValidationError({"name": "another project has this name"})
