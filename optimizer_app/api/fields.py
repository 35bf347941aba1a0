"""Fields that serializers of several collections have."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from optimizer_app.limits.path_lines import NoPathLine, path_lines
from optimizer_app.models import OptimizationConfig, Project


@extend_schema_field(OpenApiTypes.UUID)
class VisibleProject(serializers.PrimaryKeyRelatedField[Project]):
    """The id of a project that whoever asks may see."""

    def get_queryset(self) -> QuerySet[Project]:
        projects: QuerySet[Project] = self.context["projects"]
        return projects


@extend_schema_field(OpenApiTypes.UUID)
class VisibleConfig(serializers.PrimaryKeyRelatedField[OptimizationConfig]):
    """The id of a config of one of those projects."""

    def get_queryset(self) -> QuerySet[OptimizationConfig]:
        return OptimizationConfig.objects.filter(project__in=self.context["projects"])


class PathLinesField(serializers.ListField):
    """Endpoints, a line each: a method, if only one is meant, and a path."""

    child = serializers.CharField(max_length=300)

    def to_internal_value(self, data: Any) -> list[str]:
        try:
            return path_lines(super().to_internal_value(data))
        except NoPathLine as error:
            raise serializers.ValidationError(str(error)) from error


class ProjectFilter(serializers.Serializer[Any]):
    """The filter that every collection of a project's rows has."""

    project = VisibleProject(required=False, help_text="Only rows of this project.")
