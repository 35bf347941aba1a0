"""Two projects with one row of everything, and a member of one. Models are imported within: this file is read
before Django is set up."""

import pytest


@pytest.fixture
def ours(db):
    from tests.optimizer_app.admin.pages import furnished

    return furnished("ours")


@pytest.fixture
def theirs(db):
    from tests.optimizer_app.admin.pages import furnished

    return furnished("theirs")


@pytest.fixture
def member(client, ours):
    """Staff with every permission, and a member of our project alone."""
    from django.contrib.auth.models import Permission, User

    user = User.objects.create_user("member", password="secret", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="optimizer_app"))
    ours.members.add(user, through_defaults={"role": "owner"})
    client.force_login(user)
    return client
