"""What is asked before a version goes live: why, for whom, and whether although cases fail."""

from __future__ import annotations

from typing import Any

from django import forms

from dashboard.shell.forms import FieldNote, PageForm
from optimizer_app.configs.errors import FieldsRefused
from optimizer_app.configs.versions.shares import MAX_PERCENT
from optimizer_app.releases.errors import CasesFailed
from optimizer_app.releases.publish import ShareSize
from optimizer_app.releases.runs import CaseResult

_ALL = "all"
_TO = (
    (_ALL, "all requests"),
    ("keys", "a share of the keys"),
    ("conversations", "a share of the conversations"),
)


class NoteForm(PageForm):
    """Why a version is published, and on which one it was decided."""

    base_version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    note = forms.CharField(
        required=False,
        max_length=500,
        widget=forms.TextInput({"autocomplete": "off"}),
        help_text="Why, for whoever reads the history: “agents forgot the schema”.",
    )


class AnywayForm(PageForm):
    """What is asked where regression cases fail."""

    note = forms.CharField(
        required=False,
        max_length=500,
        widget=forms.TextInput({"autocomplete": "off"}),
        help_text="Needed to publish although cases fail: say why.",
    )
    anyway = forms.BooleanField(required=False, label="Publish although cases fail")


class PublishForm(NoteForm):
    """`anyway` is offered once cases have failed."""

    to = forms.ChoiceField(
        label="Live for",
        choices=_TO,
        initial=_ALL,
        required=False,
        widget=forms.RadioSelect,
        help_text="A key or a conversation stays on its side. The page of the config compares both.",
    )
    percent = forms.IntegerField(
        label="Size of the share",
        required=False,
        initial=10,
        min_value=1,
        max_value=MAX_PERCENT,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off", "size": "4"}),
        help_text="For a share of the keys or of the conversations.",
    )
    anyway = forms.BooleanField(required=False, label="Publish although cases fail")
    notes = {"percent": FieldNote(unit="%")}

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.offers_anyway = bool(data and "anyway" in data)

    def asked(self) -> dict[str, Any]:
        """What `publish_checked` takes."""
        given = self.cleaned_data
        share = None if given["to"] in ("", _ALL) else ShareSize(given["to"], given["percent"] or 0)
        return {**{name: given[name] for name in ("base_version", "note", "anyway")}, "share": share}

    def offer_anyway(self, refused: CasesFailed) -> list[CaseResult]:
        """The cases that fail, with the box that publishes all the same."""
        self.offers_anyway = True
        self.add_error(None, f"{refused}. See below which.")
        return refused.failing

    def add_refused(self, refused: FieldsRefused) -> None:
        add_refused(self, refused)


def add_refused(form: PageForm, refused: FieldsRefused) -> None:
    """Each reason at its field."""
    for name, reason in refused.problems.items():
        known = name if name in form.fields else None
        form.add_error(known, f"{reason[:1].upper()}{reason[1:]}." if known else f"{name} {reason}.")
