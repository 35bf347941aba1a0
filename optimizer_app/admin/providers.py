"""Providers. A secret can be written, and is never shown."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminURLInputWidget

from optimizer_app.admin.walls import ProjectFilter, WithinProjects
from optimizer_app.models import Provider, Role


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
        fields = ("project", "name", "kind", "base_url", "asks_for_stream_usage")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if {"base_url", "kind", "project"} & set(self.changed_data):
            self._check_new_place(cleaned)
        return cleaned

    def _check_new_place(self, cleaned: dict[str, Any]) -> None:
        """A URL that a person entered is checked, and gets no secret that was meant for another: nor does
        another kind, whose own address it would go to, or another project."""
        self.instance.trusted = False
        if self.instance.encrypted_secret and not cleaned.get("secret"):
            self.add_error(
                "secret", "Enter the secret again: it was stored for another URL, kind or project."
            )


@admin.register(Provider)
class ProviderAdmin(WithinProjects):
    least_role = Role.OWNER
    form = ProviderForm
    list_display = ("name", "project", "kind", "base_url", "has_secret")
    list_filter = (ProjectFilter, "kind")
    list_select_related = ("project",)
    search_fields = ("name", "base_url")
    fields = ("project", "name", "kind", "base_url", "secret", "asks_for_stream_usage")

    @admin.display(boolean=True, description="Secret")
    def has_secret(self, provider: Provider) -> bool:
        return bool(provider.encrypted_secret)

    def save_model(self, request: HttpRequest, obj: Provider, form: forms.ModelForm, change: bool) -> None:
        if secret := form.cleaned_data["secret"]:
            obj.set_secret(secret)
        super().save_model(request, obj, form, change)
