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
    from django.contrib.auth.models import User

    user = User.objects.create_user("member", password="a long pass phrase")
    project.members.add(user, through_defaults={"role": "owner"})
    return user


@pytest.fixture
def as_admin(admin: User) -> Client:
    from django.test import Client

    client = Client()
    client.force_login(admin)
    return client


@pytest.fixture
def as_member(member: User) -> Client:
    from django.test import Client

    client = Client()
    client.force_login(member)
    return client


@pytest.fixture
def viewer(project: Project) -> User:
    """Somebody who may look at the project, and change nothing."""
    from django.contrib.auth.models import User

    user = User.objects.create_user("viewer", password="a long pass phrase")
    project.members.add(user, through_defaults={"role": "viewer"})
    return user


@pytest.fixture
def as_viewer(viewer: User) -> Client:
    from django.test import Client

    client = Client()
    client.force_login(viewer)
    return client
