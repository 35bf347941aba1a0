"""Named sets of saved examples. A request whose texts are kept can be saved into one, and then stays."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Count

from optimizer_app.captures.reading import capture_of, texts_of
from optimizer_app.models import PlaygroundExample, Project, RequestTrace
from optimizer_app.models.prompts.playground_example import ExampleTexts
from optimizer_app.playground.examples import ExampleRefused

log = structlog.get_logger(__name__)

MAX_NAME_CHARS = 100


@dataclass(frozen=True, slots=True)
class PromptSet:
    name: str
    count: int


def sets_of(project: Project) -> list[PromptSet]:
    """The project's sets by name."""
    named = project.playground_examples.exclude(set_name="").order_by("set_name")
    return [PromptSet(*found) for found in named.values_list("set_name").annotate(Count("pk"))]


def save_captured(
    trace: RequestTrace, set_name: str, author: AbstractBaseUser | AnonymousUser
) -> PlaygroundExample:
    """The request's prompt as an example of the set, until somebody deletes it. Saved again, it moves.

    NotKept where its texts are not there, ExampleRefused where the set's name cannot be used.
    """
    name = set_name.strip()
    if not name or len(name) > MAX_NAME_CHARS:
        raise ExampleRefused(f"Give the set a name of at most {MAX_NAME_CHARS} characters.")
    texts = texts_of(capture_of(trace))
    example, is_new = PlaygroundExample.objects.get_or_create(
        project_id=trace.project_id,
        trace_id=trace.pk,
        defaults={"name": str(trace.pk), "author_id": author.pk, "set_name": name},
    )
    example.set_name = name
    example.set_texts(ExampleTexts(trace.dialect, texts.body, texts.question))
    example.save(update_fields=["set_name", "encrypted_texts"])
    log.info("captured_prompt_saved", trace_id=str(trace.pk), by=author.get_username(), is_new=is_new)
    return example
