"""Optimizer configs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from optimizer_app.admin.walls import ProjectFilter, WithinProjects
from optimizer_app.configs.versions.history import next_number, record_version
from optimizer_app.models import OptimizationConfig


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
        if change and (replaced := _replaced_by(obj)):
            record_version(replaced, None)
            obj.version = next_number(obj)
        super().save_model(request, obj, form, change)
        record_version(obj, request.user, "Edited in the admin")


def _replaced_by(config: OptimizationConfig) -> OptimizationConfig | None:
    """The stored row, where saving the config changes what it sets."""
    return (
        OptimizationConfig.objects.filter(pk=config.pk)
        .exclude(name=config.name, preset=config.preset, fields=config.fields)
        .first()
    )
