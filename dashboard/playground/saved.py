"""Saved examples: what is typed becomes one, and one can go."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpRequest

from dashboard.playground.desk import Desk
from optimizer_app.models.prompts.playground_example import ExampleTexts
from optimizer_app.playground.examples import ExampleRefused, save_example
from optimizer_app.playground.stored.sets import MAX_NAME_CHARS

SAVE, FORGET = "save", "forget"


def act(request: HttpRequest, desk: Desk) -> None:
    """Do what the pressed button says of saved examples, and say what became of it."""
    if desk.do == SAVE:
        _save(request, desk)
    elif desk.do == FORGET:
        _forget(request, desk)


def _save(request: HttpRequest, desk: Desk) -> None:
    posted = request.POST
    if posted.get("kind") == "template":
        messages.error(request, "Values of a template are kept as examples in the template itself.")
        return
    texts = ExampleTexts(**{name: posted.get(name, "") for name in ("kind", "text", "question", "documents")})
    name = posted.get("example_name", "").strip()[:100]
    set_name = posted.get("example_set", "").strip()[:MAX_NAME_CHARS]
    try:
        save_example(desk.project, name, texts, request.user, set_name)
    except ExampleRefused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{name} was saved, encrypted, for the members of {desk.project}.")


def _forget(request: HttpRequest, desk: Desk) -> None:
    try:
        found = desk.project.playground_examples.filter(pk=uuid.UUID(desk.which))
    except ValueError:
        return
    if found.delete()[0]:
        messages.success(request, "The example was deleted.")
