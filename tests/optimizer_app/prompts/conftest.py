"""A project with a template, and two people who change it.

Models are imported inside the fixtures: pytest reads this file before the settings exist.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.optimizer_app.prompts.contents import content

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from optimizer_app.models import Project, PromptTemplate


@pytest.fixture
def ada(db: None) -> User:
    from django.contrib.auth.models import User

    return User.objects.create_user("ada")


@pytest.fixture
def bob(db: None) -> User:
    from django.contrib.auth.models import User

    return User.objects.create_user("bob")


@pytest.fixture
def template(project: Project, ada: User) -> PromptTemplate:
    """Published once."""
    from optimizer_app.prompts.create import create_template
    from optimizer_app.prompts.versions.publish import publish

    made = create_template(project, "support-answer")
    publish(made, ada, content(), base_version=0, note="first")
    made.refresh_from_db()
    return made
