"""Example prompts: those that come with the program, and those that a project saved."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import cast

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import IntegrityError, transaction

from optimizer_app.demo.prompts import DemoError, ExamplePrompt, read_prompts
from optimizer_app.models import PlaygroundExample, Project
from optimizer_app.models.prompts.playground_example import ExampleTexts
from optimizer_app.playground.prompt import TrialPrompt, prompt_of_body, prompt_of_text
from token_optimizer.models import Dialect


class ExampleRefused(ValueError):
    """What cannot be saved as an example; the message says why."""


@cache
def shipped_examples() -> dict[str, ExamplePrompt]:
    """The prompts of `examples/` by their names; none where the folder was not installed."""
    try:
        found = read_prompts(Path(settings.BASE_DIR) / "examples" / "prompts")
    except DemoError:
        return {}
    return {example.name: example for example in found}


def shipped_texts(example: ExamplePrompt) -> ExampleTexts:
    """The example as somebody would paste it."""
    return ExampleTexts(example.dialect, json.dumps(example.body, indent=2, ensure_ascii=False))


def prompt_of_example(texts: ExampleTexts) -> TrialPrompt:
    """The texts as a prompt; PromptError where they are none."""
    if texts.kind == "text":
        return prompt_of_text(texts.text, texts.documents, texts.question)
    return prompt_of_body(texts.text, cast("Dialect", texts.kind), texts.documents, texts.question)


def save_example(
    project: Project,
    name: str,
    texts: ExampleTexts,
    author: AbstractBaseUser | AnonymousUser,
    set_name: str = "",
) -> PlaygroundExample:
    """The texts, encrypted, under a name that the project has not given yet; in a set where one is named."""
    if not name:
        raise ExampleRefused("Give the example a name.")
    if not (texts.text.strip() or texts.question.strip()):
        raise ExampleRefused("There is nothing to save.")
    example = PlaygroundExample(project=project, name=name, set_name=set_name, author_id=author.pk)
    example.set_texts(texts)
    try:
        with transaction.atomic():
            example.save(force_insert=True)
    except IntegrityError:
        raise ExampleRefused(f"{project} has an example {name!r} already.") from None
    return example
