"""A prompt template with values as what is tried."""

from __future__ import annotations

import json
from collections.abc import Mapping

from dashboard.shell.select import Options
from optimizer_app.models import Project, PromptVersion
from optimizer_app.models.prompts.playground_example import ExampleTexts
from optimizer_app.playground.prompt import TrialPrompt, documents_of
from optimizer_app.prompts.check import checked
from optimizer_app.prompts.errors import PromptsError
from optimizer_app.prompts.rendering import rendered_body
from optimizer_app.prompts.versions.history import live_versions
from token_optimizer.errors import PromptError


def templates_of(project: Project) -> Mapping[str, PromptVersion]:
    """The live versions of its templates by the id of each."""
    return {row.template_id.hex: row for row in live_versions(project)}


def template_options(templates: Mapping[str, PromptVersion]) -> Options:
    return tuple((key, f"{row.template.name} v{row.number}") for key, row in templates.items())


def example_values(project: Project, key: str) -> str:
    """The examples of its variables, as somebody would type them; empty where there is no such template."""
    version = templates_of(project).get(key)
    if version is None:
        return ""
    return json.dumps(checked(version.content).examples(), indent=2, ensure_ascii=False)


def prompt_of_template(version: PromptVersion | None, given: ExampleTexts) -> TrialPrompt:
    """The template with the values that the text is; PromptError names what is wrong."""
    if version is None:
        raise PromptError("choose a template")
    try:
        values = json.loads(given.text or "{}")
    except (ValueError, RecursionError) as error:
        raise PromptError("the values of a template are a JSON object: it cannot be read") from error
    if not isinstance(values, dict):
        raise PromptError("the values of a template are a JSON object")
    template = checked(version.content)
    try:
        body = rendered_body(template, values)
    except PromptsError as error:
        raise PromptError(str(error)) from error
    return TrialPrompt(body, template.dialect, documents_of(given.documents), given.question)
