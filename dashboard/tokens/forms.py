"""The form of a new token of the management API."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from dashboard.shell.forms import PageForm
from optimizer_app.models import ApiToken, Project

_DAYS = {"30": "30 days", "90": "90 days", "365": "a year", "": "Does not expire"}


class TokenForm(PageForm):
    """A token with what it may do and for how long. `id` is that of the token to be: the same form sent twice
    makes one token."""

    id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    name = forms.CharField(
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="The program that will use it, so that you know what stops when you revoke it.",
    )
    scope = forms.ChoiceField(
        choices=ApiToken.Scope.choices, initial=ApiToken.Scope.READ, help_text="Of what you may do yourself."
    )
    projects = forms.ModelMultipleChoiceField(
        Project.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None chosen: all that you may see, later ones too.",
    )
    days = forms.ChoiceField(label="Expires after", required=False, choices=list(_DAYS.items()), initial="90")

    def __init__(self, *args: Any, projects: Sequence[Project], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = Project.objects.filter(pk__in=[project.pk for project in projects])
        self.fields["projects"].queryset = mine  # type: ignore[attr-defined]

    @property
    def expires_at(self) -> datetime | None:
        days = self.cleaned_data["days"]
        return timezone.now() + timedelta(days=int(days)) if days else None
