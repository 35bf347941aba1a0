"""Regression cases of a project: made, and read for a list."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import IntegrityError, transaction

from optimizer_app.models import Project, RegressionCase
from optimizer_app.models.configs.regression_case import CaseTexts
from optimizer_app.playground.comparison import MAX_CHARS
from optimizer_app.playground.examples import prompt_of_example
from optimizer_app.playground.sent import missing_lines
from optimizer_app.releases.errors import CaseRefused
from token_optimizer.errors import PromptError

MAX_CASES = 50


def make_case(
    project: Project,
    name: str,
    texts: CaseTexts,
    author: AbstractBaseUser | AnonymousUser,
    trace_id: uuid.UUID | None = None,
) -> RegressionCase:
    """The case, its texts encrypted. CaseRefused names what cannot be used."""
    _check(project, name, texts)
    case = RegressionCase(project=project, name=name, author_id=author.pk, trace_id=trace_id)
    case.set_texts(texts)
    try:
        with transaction.atomic():
            case.save(force_insert=True)
    except IntegrityError:
        raise CaseRefused("name", f"{project} has a case {name!r} already") from None
    return case


def _check(project: Project, name: str, texts: CaseTexts) -> None:
    if not name:
        raise CaseRefused("name", "must not be empty")
    if RegressionCase.objects.filter(project=project).count() >= MAX_CASES:
        raise CaseRefused("name", f"{project} has {MAX_CASES} cases already: delete one first")
    if len(texts.prompt.text) > MAX_CHARS:
        raise CaseRefused("text", f"has more than {MAX_CHARS:,} characters")
    try:
        prompt = prompt_of_example(texts.prompt)
        body = prompt.whole_body()
    except PromptError as error:
        raise CaseRefused("text", str(error)) from error
    if not any(letter.isalnum() for letter in texts.keep):
        raise CaseRefused("keep", "must have a line with words or numbers")
    if missing := missing_lines(texts.keep, body):
        raise CaseRefused("keep", f"is not in the prompt itself: “{missing[0][:80]}”")
