"""The forms of an invitation, and of whoever accepts one without an account."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password

from dashboard.shell.forms import PageForm
from optimizer_app.models import Role

ROLES = {
    Role.VIEWER: "Viewer: sees requests, figures, configs and documents",
    Role.EDITOR: "Editor: changes configs, templates and documents, too",
    Role.OWNER: "Owner: manages keys, providers and members, too",
}


class InvitationForm(PageForm):
    """For whom the link is, and what they will be."""

    label = forms.CharField(
        label="For whom",
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="A name or an address, so that you know whose link it was. Nothing is sent to it.",
    )
    role = forms.ChoiceField(choices=list(ROLES.items()), initial=Role.VIEWER, widget=forms.RadioSelect)


class NewAccountForm(PageForm):
    """An account for somebody who has none."""

    username = forms.CharField(
        label="User name",
        max_length=150,
        validators=[User.username_validator],
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    password = forms.CharField(
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 8 characters, and none that are easy to guess.",
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if password := cleaned.get("password"):
            try:
                validate_password(password, User(username=cleaned.get("username", "")))
            except forms.ValidationError as error:
                self.add_error("password", error)
        return cleaned
