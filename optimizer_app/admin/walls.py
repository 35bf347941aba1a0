"""The walls between projects, and around secrets: rows, filters and choices that a user may see."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from optimizer_app.models import Project, Role


class ProjectFilter(admin.SimpleListFilter):
    """By project, naming only those that the user may see."""

    title = "project"
    parameter_name = "project"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(project.pk), project.name) for project in Project.objects.visible_to(request.user)]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        project_id = as_uuid(self.value() or "")
        return queryset.filter(project=project_id) if project_id else queryset


def as_uuid(text: str) -> uuid.UUID | None:
    """The UUID that a text is; None where it is none."""
    try:
        return uuid.UUID(text.strip())
    except ValueError:
        return None


class OfferedLookups(ModelAdmin):
    """A list that its URL can filter by the offered filters alone.

    Django takes any field of the row: a secret could be guessed by its beginning, letter after letter.
    """

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        names = {_filter_name(item) for item in self.get_list_filter(request)}
        return lookup.partition("__")[0] in names and super().lookup_allowed(lookup, value, request)


def _filter_name(item: Any) -> str | None:
    """What an entry of `list_filter` is called in the URL."""
    if isinstance(item, type):
        return getattr(item, "parameter_name", None)
    return item if isinstance(item, str) else str(item[0])


def is_superuser(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))


class ByRole(ModelAdmin):
    """Rows that are changed only by those with the role, or more, in their project."""

    least_role = Role.EDITOR

    def project_of(self, obj: Any) -> Project:
        project: Project = obj.project
        return project

    def changeable(self, request: HttpRequest) -> models.QuerySet[Project]:
        """The projects whose rows the user may change."""
        visible = Project.objects.visible_to(request.user)
        if is_superuser(request):
            return visible
        roles = self.least_role.and_above
        return visible.filter(memberships__user=request.user.pk, memberships__role__in=roles)

    def _may_change(self, request: HttpRequest, obj: Any) -> bool:
        projects = self.changeable(request)
        if obj is None:
            return projects.exists()
        return projects.filter(pk=self.project_of(obj).pk).exists()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and self._may_change(request, None)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and self._may_change(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and self._may_change(request, obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """What is done to many rows at once is for those who may change each."""
        in_all = self.changeable(request).count() == Project.objects.visible_to(request.user).count()
        return super().get_actions(request) if in_all else {}


class WithinProjects(ByRole, OfferedLookups):
    """Rows of a project, and choices of related rows, for those who may see the project."""

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        rows = super().get_queryset(request)
        return rows.filter(project__in=Project.objects.visible_to(request.user))

    def formfield_for_foreignkey(
        self, db_field: models.ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        visible = self.changeable(request)
        if db_field.related_model is Project:
            kwargs["queryset"] = visible
        else:
            kwargs["queryset"] = db_field.related_model._default_manager.filter(project__in=visible)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class OnlyShown(WithinProjects):
    """Rows that the gateway writes and nobody edits, found by their id or their trace's."""

    id_fields: tuple[str, ...] = ("pk",)
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet[Any], search_term: str
    ) -> tuple[models.QuerySet[Any], bool]:
        if not search_term:
            return queryset, False
        wanted = as_uuid(search_term)
        if wanted is None:
            return queryset.none(), False
        matches = models.Q()
        for name in self.id_fields:
            matches |= models.Q(**{name: wanted})
        return queryset.filter(matches), False
