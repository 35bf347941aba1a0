"""Projects, and their keys. A key's secret is shown once, when it is issued."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest

from optimizer_app.admin.walls import OfferedLookups, ProjectFilter, WithinProjects
from optimizer_app.models import ApiKey, Project


@admin.register(Project)
class ProjectAdmin(OfferedLookups):
    list_display = ("name", "created_at")
    search_fields = ("name",)
    filter_horizontal = ("members",)
    readonly_fields = ("id", "created_at")

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Project]:
        return Project.objects.visible_to(request.user)


class ApiKeyForm(forms.ModelForm):
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        config, project = cleaned.get("config"), cleaned.get("project", self.instance.project_id)
        if config is not None and config.project_id != getattr(project, "pk", project):
            self.add_error("config", "This config belongs to another project.")
        return cleaned


@admin.register(ApiKey)
class ApiKeyAdmin(WithinProjects):
    form = ApiKeyForm
    list_display = ("name", "shown_prefix", "project", "config", "last_used_at", "revoked_at")
    list_filter = (ProjectFilter, ("revoked_at", admin.EmptyFieldListFilter))
    list_select_related = ("project", "config")
    search_fields = ("name", "shown_prefix")
    fields = ("project", "name", "config", "shown_prefix", "created_at", "last_used_at", "revoked_at")
    actions = ("revoke",)

    def get_readonly_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> tuple[str, ...]:
        shown = ("shown_prefix", "created_at", "last_used_at", "revoked_at")
        return ("project", *shown) if obj else shown

    def has_delete_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        """Keys are revoked: a deleted one would leave its traces without a name."""
        return False

    def save_model(self, request: HttpRequest, obj: ApiKey, form: forms.ModelForm, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        issued, secret = ApiKey.issue(project=obj.project, name=obj.name)
        obj.pk, obj.shown_prefix, obj.hash = issued.pk, issued.shown_prefix, issued.hash
        obj.created_at, obj._state = issued.created_at, issued._state
        obj.save(update_fields=["config"])
        messages.warning(request, f"The key, shown only now: {secret}")

    @admin.action(description="Revoke the selected keys", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: models.QuerySet[ApiKey]) -> None:
        for key in queryset.filter(revoked_at=None):
            key.revoke()
            self.log_change(request, key, "Revoked.")
