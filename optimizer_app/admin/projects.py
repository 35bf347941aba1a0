"""Projects, and their keys."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from unfold.admin import TabularInline

from optimizer_app.admin.walls import ByRole, OfferedLookups, ProjectFilter, WithinProjects, is_superuser
from optimizer_app.models import ApiKey, Membership, Project, Role


class MembershipInline(TabularInline):
    """Who is in the project. People come by invitation; only a superuser adds them here."""

    model = Membership
    extra = 0
    autocomplete_fields = ("user",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_superuser(request)

    has_change_permission = has_delete_permission = has_add_permission

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True


@admin.register(Project)
class ProjectAdmin(ByRole, OfferedLookups):
    least_role = Role.OWNER
    list_display = ("name", "created_at")
    search_fields = ("name",)
    # Its page checks where the URL leads.
    exclude = ("analytics_url",)
    inlines = (MembershipInline,)
    readonly_fields = ("id", "created_at")

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Project]:
        return Project.objects.visible_to(request.user)

    def project_of(self, obj: Project) -> Project:
        return obj


class ApiKeyForm(forms.ModelForm):
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        config = cleaned.get("config")
        if config is not None and config.project_id != self.instance.project_id:
            self.add_error("config", "This config belongs to another project.")
        return cleaned


_SHOWN = ("scopes", "shown_prefix", "created_at", "expires_at", "last_used_at", "revoked_at")


@admin.register(ApiKey)
class ApiKeyAdmin(WithinProjects):
    least_role = Role.OWNER
    form = ApiKeyForm
    list_display = ("name", "shown_prefix", "project", "config", "last_used_at", "revoked_at")
    list_filter = (ProjectFilter, ("revoked_at", admin.EmptyFieldListFilter))
    list_select_related = ("project", "config")
    search_fields = ("name", "shown_prefix")
    fields = ("project", "name", "config", *_SHOWN)
    readonly_fields = ("project", *_SHOWN)
    actions = ("revoke",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Keys are made on their project's page: a message here would carry the secret in a cookie."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        """Keys are revoked: a deleted one would leave its traces without a name."""
        return False

    @admin.action(description="Revoke the selected keys", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: models.QuerySet[ApiKey]) -> None:
        for key in queryset.filter(revoked_at=None):
            key.revoke()
            self.log_change(request, key, "Revoked.")
