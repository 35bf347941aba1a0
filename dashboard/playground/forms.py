"""The prompt that is tried, and the columns that it is tried under."""

from __future__ import annotations

from typing import Any

from django import forms

from dashboard.playground.templates import prompt_of_template, template_options, templates_of
from dashboard.shell.forms import KINDS, FieldNote, PageForm, set_choices, text_area
from dashboard.shell.select import options_of
from optimizer_app.configs.versions.history import Author
from optimizer_app.models import Project
from optimizer_app.models.prompts.playground_example import ExampleTexts
from optimizer_app.playground.configs import config_labels, config_named
from optimizer_app.playground.examples import prompt_of_example
from optimizer_app.playground.prompt import TrialPrompt
from optimizer_app.playground.settings import SettingsRefused, settings_of, with_settings
from optimizer_app.playground.trial import TrialConfig
from token_optimizer.errors import ConfigError, PromptError

TEMPLATE_KIND = ("template", "Template")
LETTERS = "ABCD"
_MAX_BUDGET = 2**31 - 1


class PromptForm(PageForm):
    """A text or a request body, and what is given apart from it. Valid, it has the prompt as `prompt`."""

    project = forms.ChoiceField(help_text="Its configs, documents and provider are used.")
    kind = forms.ChoiceField(label="What it is", choices=KINDS, initial="text", widget=forms.RadioSelect)
    text = forms.CharField(
        label="Prompt",
        strip=False,
        required=False,
        widget=text_area(14),
        help_text="Not stored, unless you save it. For a whole request body, choose its format above.",
    )
    question = forms.CharField(
        required=False,
        max_length=2_000,
        help_text="What the answer is for: it decides what stays. Empty: the prompt's own question.",
    )
    documents = forms.CharField(
        required=False,
        widget=text_area(6),
        help_text="Parted by lines of ---; the first line of each is its title.",
    )
    template = forms.ChoiceField(
        required=False, help_text="Its variables are the prompt, as JSON; empty: their examples."
    )
    model = forms.CharField(
        required=False,
        max_length=200,
        help_text="Its tokens are counted. Empty: the body's own, else that of the config.",
        widget=forms.TextInput(attrs={"list": "models", "autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, projects: tuple[Project, ...], project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_choices(self, "project", options_of(each.name for each in projects))
        if len(projects) == 1:
            del self.fields["project"]
        self.initial.setdefault("project", project.name)
        self.templates = templates_of(project)
        if self.templates:
            set_choices(self, "kind", [*KINDS, TEMPLATE_KIND])
            set_choices(self, "template", template_options(self.templates))
        else:
            del self.fields["template"]
        self.prompt: TrialPrompt | None = None

    def clean_text(self) -> str:
        return _with_plain_line_ends(self.cleaned_data["text"])

    def clean_documents(self) -> str:
        return _with_plain_line_ends(self.cleaned_data["documents"])

    def clean(self) -> None:
        given = self.cleaned_data
        if "kind" not in given:
            return
        texts = ExampleTexts(
            given["kind"], given["text"], given.get("question", ""), given.get("documents", "")
        )
        try:
            found = self._prompt(texts, given.get("template", ""))
        except PromptError as error:
            self.add_error("text", f"{str(error)[:1].upper()}{str(error)[1:]}.")
            return
        self.prompt = found.with_model(given.get("model", ""))

    def _prompt(self, texts: ExampleTexts, template: str) -> TrialPrompt:
        if texts.kind == TEMPLATE_KIND[0]:
            return prompt_of_template(self.templates.get(template), texts)
        return prompt_of_example(texts)


class ColumnForm(PageForm):
    """One way to try the prompt. Valid, it has what to try as `tried`."""

    config = forms.ChoiceField(required=False)
    budget = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=_MAX_BUDGET,
        help_text="Never more is sent. Empty: as the config has it.",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    settings = forms.CharField(
        required=False,
        strip=False,
        max_length=2_000,
        widget=text_area(2),
        help_text="Over the config, one a line: target_reduction = 0.6",
    )
    notes = {"budget": FieldNote(unit="tokens")}

    def __init__(self, *args: Any, number: int, project: Project, reader: Author, **kwargs: Any) -> None:
        self.number = number
        super().__init__(*args, **kwargs)
        self.project = project
        self.reader = reader
        self.labels = config_labels(project, reader)
        set_choices(self, "config", self.labels.items())
        self.tried: TrialConfig | None = None

    @property
    def letter(self) -> str:
        return LETTERS[self.number - 1]

    def add_prefix(self, field_name: str) -> str:
        """The first column's fields have plain names: `config`, `config-2`."""
        return field_name if self.number == 1 else f"{field_name}-{self.number}"

    def clean(self) -> None:
        given = self.cleaned_data
        try:
            config = config_named(self.project, given.get("config", ""), self.reader)
            config = with_settings(config, settings_of(given.get("settings", "")))
        except SettingsRefused as error:
            self.add_error("settings", f"{error}.")
        except ConfigError as error:
            self.add_error("config", f"It cannot be used: {error}.")
        else:
            self.tried = TrialConfig(config, given.get("budget"))

    @property
    def title(self) -> str:
        """What is tried, in a few words."""
        given = self.cleaned_data
        budget = f"{given['budget']:,} tokens" if given["budget"] else ""
        settings = (" ".join(line.split()) for line in given["settings"].splitlines())
        return ", ".join(filter(None, (self.labels[given["config"]], budget, *settings)))


def _with_plain_line_ends(text: str) -> str:
    """The text as it was typed: browsers send every line end as two characters."""
    return text.replace("\r\n", "\n")
