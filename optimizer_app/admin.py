"""The admin: every stored thing, within the walls of the projects that the user may see.

Traces and events are only shown. A key's secret is shown once, when it is issued; a provider's can be
written but never read.
"""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import GroupAdmin as PlainGroupAdmin
from django.contrib.auth.admin import UserAdmin as PlainUserAdmin
from django.contrib.auth.models import Group
from django.db import models
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminURLInputWidget

from optimizer_app.models import ApiKey, Event, OptimizationConfig, Project, Provider, RequestTrace

User = get_user_model()
ROUTES = (
    "heuristic_only",
    "heuristic+semantic",
    "heuristic+compression",
    "heuristic+semantic+compression",
    "cache",
    "bypass",
)


class ProjectFilter(admin.SimpleListFilter):
    """By project, naming only those that the user may see."""

    title = "project"
    parameter_name = "project"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(project.pk), project.name) for project in Project.objects.visible_to(request.user)]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        project_id = as_uuid(self.value() or "")
        return queryset.filter(project=project_id) if project_id else queryset


class RouteFilter(admin.SimpleListFilter):
    """By route; the routes are known, so the table is not searched for them."""

    title = "route"
    parameter_name = "route"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(route, route) for route in ROUTES]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        return queryset.filter(route=self.value()) if self.value() else queryset


def as_uuid(text: str) -> uuid.UUID | None:
    """The UUID that a text is; None where it is none."""
    try:
        return uuid.UUID(text.strip())
    except ValueError:
        return None


class WithinProjects(ModelAdmin):
    """Rows of a project, and choices of related rows, for those who may see the project."""

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        rows = super().get_queryset(request)
        return rows.filter(project__in=Project.objects.visible_to(request.user))

    def formfield_for_foreignkey(
        self, db_field: models.ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        visible = Project.objects.visible_to(request.user)
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


@admin.register(Project)
class ProjectAdmin(ModelAdmin):
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


class OptimizationConfigForm(forms.ModelForm):
    def clean_fields(self) -> dict[str, Any]:
        """An empty text is no field that differs from the preset."""
        return self.cleaned_data["fields"] or {}


@admin.register(OptimizationConfig)
class OptimizationConfigAdmin(WithinProjects):
    form = OptimizationConfigForm
    list_display = ("name", "project", "preset", "is_default", "version", "updated_at")
    list_filter = (ProjectFilter, "preset", "is_default")
    list_select_related = ("project",)
    search_fields = ("name",)
    readonly_fields = ("version", "updated_at")

    def save_model(
        self, request: HttpRequest, obj: OptimizationConfig, form: forms.ModelForm, change: bool
    ) -> None:
        # Compared here: the form takes an empty JSON object for changed.
        if change and not OptimizationConfig.objects.filter(
            pk=obj.pk, name=obj.name, preset=obj.preset, fields=obj.fields
        ):
            obj.version += 1
        super().save_model(request, obj, form, change)


class ProviderForm(forms.ModelForm):
    base_url = forms.URLField(
        required=False, max_length=500, assume_scheme="https", widget=UnfoldAdminURLInputWidget
    )
    secret = forms.CharField(
        required=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text="Stored encrypted and never shown. Leave empty to keep the stored one.",
    )

    class Meta:
        model = Provider
        fields = ("project", "name", "kind", "base_url")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "base_url" in self.changed_data:
            self._check_new_url(cleaned)
        return cleaned

    def _check_new_url(self, cleaned: dict[str, Any]) -> None:
        """A URL that a person entered is checked, and gets no secret that was meant for another."""
        self.instance.trusted = False
        if self.instance.encrypted_secret and not cleaned.get("secret"):
            self.add_error("secret", "Enter the secret again: it was stored for another URL.")


@admin.register(Provider)
class ProviderAdmin(WithinProjects):
    form = ProviderForm
    list_display = ("name", "project", "kind", "base_url", "has_secret")
    list_filter = (ProjectFilter, "kind")
    list_select_related = ("project",)
    search_fields = ("name", "base_url")
    fields = ("project", "name", "kind", "base_url", "secret")

    @admin.display(boolean=True, description="Secret")
    def has_secret(self, provider: Provider) -> bool:
        return bool(provider.encrypted_secret)

    def save_model(self, request: HttpRequest, obj: Provider, form: forms.ModelForm, change: bool) -> None:
        if secret := form.cleaned_data["secret"]:
            obj.set_secret(secret)
        super().save_model(request, obj, form, change)


@admin.register(RequestTrace)
class RequestTraceAdmin(OnlyShown):
    list_display = (
        "id",
        "created_at",
        "project",
        "model",
        "tokens_before",
        "tokens_after",
        "net_usd",
        "latency_ms",
        "route",
        "status",
    )
    list_filter = (ProjectFilter, RouteFilter, "status", "fallback_used", "cache_hit", "stream")
    list_select_related = ("project",)
    search_fields = ("id",)
    search_help_text = "The id of a trace"

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[RequestTrace]:
        return super().get_queryset(request).defer("blocks", "stages")


@admin.register(Event)
class EventAdmin(OnlyShown):
    id_fields = ("pk", "trace_id")
    list_display = (
        "event_type",
        "created_at",
        "project",
        "trace_id",
        "attempts",
        "next_try_at",
        "last_error",
    )
    list_filter = (ProjectFilter, "event_type", ("delivered_at", admin.EmptyFieldListFilter))
    list_select_related = ("project",)
    search_fields = ("trace_id",)
    search_help_text = "The id of an event or of its trace"

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Event]:
        return super().get_queryset(request).defer("payload")


admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(PlainUserAdmin, ModelAdmin):
    """Django's own, in the admin's look."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm


@admin.register(Group)
class GroupAdmin(PlainGroupAdmin, ModelAdmin):
    """Django's own, in the admin's look."""
