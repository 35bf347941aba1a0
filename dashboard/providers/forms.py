"""The forms of a provider: its fields, and its name typed before it goes."""

from __future__ import annotations

from typing import Any

from django import forms

from dashboard.shell.forms import FieldNote, OfOneProject, PageForm
from optimizer_app.models import Provider
from optimizer_app.providers.change import (
    PLAIN_FIELDS,
    ProviderValues,
    plain_values,
    secret_header_names,
)
from optimizer_app.providers.headers import HeaderRefused, as_lines, checked_headers, headers_in

_TYPED = forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
_KINDS = (
    ("openai", "OpenAI, or a server that speaks as it does"),
    ("anthropic", "Anthropic, or a server that speaks as it does"),
    ("gemini", "Gemini"),
    ("bedrock", "Amazon Bedrock"),
    ("echo", "Echo: answers with what it received"),
)
_KEPT = "A key is stored, encrypted. Empty: it stays. It is never shown."
_NEW = "Stored encrypted, and never shown. Empty: requests bring their own, or need none."
_HIDDEN = "Stored encrypted, and never shown. A name without a value ends that header."
_PAIRS = {"rows": 2, "spellcheck": "false", "autocomplete": "off", "placeholder": "Name: value"}
_SECONDS = FieldNote(unit="seconds")
_TIMEOUTS = ("connect_timeout_seconds", "first_byte_timeout_seconds", "idle_timeout_seconds")


def _timeout(label: str, help_text: str) -> forms.FloatField:
    widget = forms.NumberInput(attrs={"step": "any"})
    return forms.FloatField(
        label=label, required=False, min_value=0.1, max_value=86_400, widget=widget, help_text=help_text
    )


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

    strict_roles = forms.BooleanField(
        label="It knows no developer role",
        required=False,
        help_text="Developer messages are sent as system messages. What is sent untouched stays untouched.",
    )
    needs_caller_key = forms.BooleanField(
        label="Requests bring their own key",
        required=False,
        help_text="In X-Provider-Authorization. The key above is not used; without theirs they are refused.",
    )
    headers = forms.CharField(
        label="Headers",
        required=False,
        max_length=20_000,
        widget=forms.Textarea(_PAIRS),
        help_text="Sent with every request, a line each.",
    )
    secret_headers = forms.CharField(
        label="Secret headers", required=False, max_length=20_000, widget=forms.Textarea(_PAIRS)
    )
    region = forms.RegexField(
        r"^[a-z0-9-]*$",
        label="Region",
        required=False,
        max_length=40,
        widget=_TYPED,
        help_text="Of Amazon Bedrock. Empty: us-east-1.",
    )
    access_key_id = forms.CharField(
        label="Access key ID",
        required=False,
        max_length=128,
        widget=_TYPED,
        help_text="Of Amazon Bedrock: the API key is its secret access key. Empty: it is a Bedrock API key.",
    )
    connect_timeout_seconds = _timeout("For a connection, at most", "Empty: 10 seconds.")
    first_byte_timeout_seconds = _timeout(
        "For the first byte, at most", "Empty: as long as the instance waits."
    )
    idle_timeout_seconds = _timeout("Between two pieces, at most", "Empty: as long as the instance waits.")

    notes = dict.fromkeys(_TIMEOUTS, _SECONDS)
    folded = ("headers", "secret_headers", *_TIMEOUTS)
    folded_label = "Headers and time-outs"

    def __init__(self, *args: Any, provider: Provider | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["secret"].help_text = _KEPT if provider and provider.encrypted_secret else _NEW
        names = secret_header_names(provider) if provider else ()
        kept = f" Kept: {', '.join(names)}." if names else ""
        self.fields["secret_headers"].help_text = _HIDDEN + kept

    def clean_headers(self) -> dict[str, str]:
        try:
            return checked_headers(headers_in(self.cleaned_data["headers"]))
        except HeaderRefused as error:
            raise forms.ValidationError(f"{error}.") from error

    def clean_secret_headers(self) -> dict[str, str]:
        try:
            return headers_in(self.cleaned_data["secret_headers"])
        except HeaderRefused as error:
            raise forms.ValidationError(f"{error}.") from error

    def values(self) -> ProviderValues:
        names = (*PLAIN_FIELDS, "secret", "secret_headers")
        return ProviderValues(**{name: self.cleaned_data[name] for name in names})


def initial_values(provider: Provider) -> dict[str, Any]:
    """What the form begins with."""
    return {**plain_values(provider), "headers": as_lines(provider.headers)}


class NewProviderForm(OfOneProject, ProviderForm):
    """A provider of one of the reader's projects."""

    project = forms.ChoiceField(help_text="Its requests may go there.")
    field_order = ("project", "kind", "name", "base_url", "secret")


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
