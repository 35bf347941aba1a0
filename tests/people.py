"""Who uses the pages and the management API: an admin, an owner and a viewer of one project.

Models are imported inside the fixtures: pytest reads this file before the settings exist.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.test import Client

    from optimizer_app.models import Project


@pytest.fixture
def project(db: None) -> Project:
    from optimizer_app.models import Project

    return Project.objects.create(name="ci-agent")


@pytest.fixture
def foreign_project(db: None) -> Project:
    """A project that the member is no member of."""
    from optimizer_app.models import Project

    return Project.objects.create(name="not-yours")


@pytest.fixture
def admin(db: None) -> User:
    from django.contrib.auth.models import User

    return User.objects.create_superuser("admin", password="a long pass phrase")


@pytest.fixture
def member(project: Project) -> User:
    return _in(project, "member", role="owner")


@pytest.fixture
def as_admin(admin: User) -> Client:
    return _signed_in(admin)


@pytest.fixture
def as_member(member: User) -> Client:
    return _signed_in(member)


@pytest.fixture
def viewer(project: Project) -> User:
    """Somebody who may look at the project, and change nothing."""
    return _in(project, "viewer", role="viewer")


@pytest.fixture
def as_viewer(viewer: User) -> Client:
    return _signed_in(viewer)


def _in(project: Project, name: str, *, role: str) -> User:
    """A new user who is in the project."""
    from django.contrib.auth.models import User

    user = User.objects.create_user(name, password="a long pass phrase")
    project.members.add(user, through_defaults={"role": role})
    return user


def _signed_in(user: User) -> Client:
    from django.test import Client

    client = Client()
    client.force_login(user)
    return client
