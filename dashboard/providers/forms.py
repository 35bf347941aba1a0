"""The forms of a provider: its fields, and its name typed before it goes."""

from __future__ import annotations

from typing import Any

from django import forms

from dashboard.shell.forms import PageForm
from dashboard.shell.select import options_of
from optimizer_app.models import Project, Provider
from optimizer_app.providers.change import ProviderValues

_TYPED = forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
_KINDS = (
    ("openai", "OpenAI, or a server that speaks as it does"),
    ("anthropic", "Anthropic, or a server that speaks as it does"),
    ("echo", "Echo: answers with what it received"),
)
_KEPT = "A key is stored, encrypted. Empty: it stays. It is never shown."
_NEW = "Stored encrypted, and never shown. Empty: requests bring their own, or need none."


class ProviderForm(PageForm):
    """What people set of a provider. The secret is never shown, and an empty one changes nothing."""

    kind = forms.ChoiceField(choices=_KINDS)
    name = forms.CharField(max_length=60, widget=_TYPED, help_text="As traces and pages name it.")
    base_url = forms.URLField(
        label="Base URL",
        required=False,
        max_length=500,
        assume_scheme="https",
        widget=forms.URLInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text="As in its SDK: https://host/v1 for OpenAI's, https://host for Anthropic's. Empty: the "
        "provider's own.",
    )
    secret = forms.CharField(
        label="API key",
        required=False,
        max_length=2_000,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "spellcheck": "false"}),
    )
    asks_for_stream_usage = forms.BooleanField(
        label="Ask for usage in streams",
        required=False,
        initial=True,
        help_text="Adds stream_options.include_usage to OpenAI streams, so that the trace has what was "
        "billed. Turn it off for a server that refuses stream_options.",
    )

    def __init__(self, *args: Any, provider: Provider | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["secret"].help_text = _KEPT if provider and provider.encrypted_secret else _NEW

    def values(self) -> ProviderValues:
        names = ("name", "kind", "base_url", "secret", "asks_for_stream_usage")
        return ProviderValues(**{name: self.cleaned_data[name] for name in names})


class NewProviderForm(ProviderForm):
    """A provider of one of the reader's projects."""

    project = forms.ChoiceField(help_text="Its requests may go there.")
    field_order = ("project", "kind", "name", "base_url", "secret", "asks_for_stream_usage")

    def __init__(self, *args: Any, projects: tuple[Project, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.projects = {project.name: project for project in projects}
        self.fields["project"].choices = options_of(self.projects)  # type: ignore[attr-defined]

    def clean_project(self) -> Project:
        return self.projects[self.cleaned_data["project"]]


class RemoveForm(PageForm):
    """The name of the provider, typed by whoever removes it."""

    name = forms.CharField(label="Type the provider's name", widget=_TYPED)

    def __init__(self, *args: Any, provider: Provider, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.provider = provider

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if name != self.provider.name:
            raise forms.ValidationError("This is not the name of the provider.")
        return name
