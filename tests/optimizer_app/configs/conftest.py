"""A project with a config, and two people who change it.

Models are imported inside the fixtures: pytest reads this file before the settings exist.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from optimizer_app.models import OptimizationConfig, Project


@pytest.fixture
def project(db: None) -> Project:
    from optimizer_app.models import Project

    return Project.objects.create(name="ci-agent")


@pytest.fixture
def ada(db: None) -> User:
    from django.contrib.auth.models import User

    return User.objects.create_user("ada")


@pytest.fixture
def bob(db: None) -> User:
    from django.contrib.auth.models import User

    return User.objects.create_user("bob")


@pytest.fixture
def config(project: Project, ada: User) -> OptimizationConfig:
    from optimizer_app.configs.create import create_config
    from optimizer_app.configs.values import ConfigValues

    return create_config(project, "agents", ConfigValues("balanced"), author=ada, note="first")
