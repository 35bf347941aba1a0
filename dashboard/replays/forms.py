"""The form of a new run: which prompts, through what, and whether they are sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from dashboard.shell.forms import PageForm, set_choices
from dashboard.shell.select import options_of
from optimizer_app.playground.stored.sets import PromptSet
from optimizer_app.replays.create import MAX_PROMPTS

NEWEST, PICKED, SET, AGAIN = "newest", "picked", "set", "again"
DEFAULT_COUNT = 20


class ReplayForm(PageForm):
    """`which` names the prompts: the newest ones, those picked below, a set, or those of another run."""

    which = forms.ChoiceField(label="Prompts", widget=forms.RadioSelect)
    count = forms.IntegerField(
        label="How many of the newest",
        required=False,
        min_value=1,
        max_value=MAX_PROMPTS,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "size": "6"}),
    )
    set_name = forms.ChoiceField(label="Set", required=False)
    subject = forms.ChoiceField(label="Through")
    sends = forms.BooleanField(
        label="Send them to the provider, too",
        required=False,
        help_text="What it costs is said before. The answers are kept as long as the prompts.",
    )

    def __init__(
        self,
        *args: Any,
        subjects: dict[str, str],
        sets: Sequence[PromptSet],
        captured: int,
        again: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        choices = {
            AGAIN: again,
            NEWEST: "The newest requests whose texts are kept" if captured else "",
            PICKED: "Those picked below" if captured else "",
            SET: "A set of saved prompts" if sets else "",
        }
        set_choices(self, "which", [pair for pair in choices.items() if pair[1]])
        set_choices(self, "subject", subjects.items())
        set_choices(self, "set_name", options_of(found.name for found in sets))
        if not sets:
            del self.fields["set_name"]
        if not captured:
            del self.fields["count"]
        self.initial.setdefault("which", next((key for key, label in choices.items() if label), ""))
        self.initial.setdefault("count", DEFAULT_COUNT)
