"""The form of a regression case: a prompt, and what has to stay of it."""

from __future__ import annotations

from django import forms

from dashboard.shell.forms import KINDS, PageForm, text_area
from optimizer_app.models.configs.regression_case import CaseTexts
from optimizer_app.models.prompts.playground_example import ExampleTexts

PROMPT_FIELDS = ("kind", "text", "question", "documents")


class CaseForm(PageForm):
    name = forms.CharField(max_length=100, widget=forms.TextInput({"autocomplete": "off"}))
    keep = forms.CharField(
        label="What must stay",
        strip=False,
        max_length=100_000,
        widget=text_area(5),
        help_text="Each line is looked for in what would be sent, by its words. Leave the lines that matter.",
    )
    kind = forms.ChoiceField(
        label="What the prompt is", choices=KINDS, initial="text", widget=forms.RadioSelect
    )
    text = forms.CharField(
        label="Prompt",
        strip=False,
        widget=text_area(12),
        help_text="Stored encrypted, until the case is deleted.",
    )
    question = forms.CharField(
        required=False,
        max_length=2_000,
        help_text="What the answer is for. Empty: the prompt's own question.",
    )
    documents = forms.CharField(
        required=False,
        widget=text_area(3),
        help_text="Parted by lines of ---; the first line of each is its title.",
    )
    request = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def texts(self) -> CaseTexts:
        """What was typed, with plain line ends."""
        given = {name: self.cleaned_data[name].replace("\r\n", "\n") for name in (*PROMPT_FIELDS, "keep")}
        return CaseTexts(ExampleTexts(**{name: given[name] for name in PROMPT_FIELDS}), given["keep"])
