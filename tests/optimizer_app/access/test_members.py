"""Roles and invitations, without HTTP."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from optimizer_app.access.invitations import (
    AccountNameTaken,
    InvitationEnded,
    accept,
    accept_with_new_account,
)
from optimizer_app.access.members import LastOwner, change_role, remove_member
from optimizer_app.models import Invitation, Project, Role
from optimizer_app.models.projects.roles import need_role


def invited(project: Project, role: Role = Role.VIEWER) -> Invitation:
    return Invitation.issue(project=project, role=role, label="somebody", made_by=None)[0]


def test_a_role_is_needed_by_the_request(member: User, viewer: User, project: Project) -> None:
    for user, needed, sees in (
        (viewer, Role.VIEWER, True),
        (viewer, Role.EDITOR, False),
        (member, Role.OWNER, True),
    ):
        need_role(user, needed)
        assert Project.objects.visible_to(user).exists() is sees


def test_a_project_keeps_an_owner(member: User, viewer: User, project: Project) -> None:
    owner, other = project.memberships.get(user=member), project.memberships.get(user=viewer)
    for act in (lambda: change_role(owner, Role.EDITOR), lambda: remove_member(owner)):
        with pytest.raises(LastOwner):
            act()
    change_role(other, Role.OWNER)
    remove_member(owner)
    assert [own.user for own in project.memberships.all()] == [viewer]


def test_a_link_is_good_for_one(viewer: User, project: Project) -> None:
    invitation, secret = Invitation.issue(project=project, role=Role.EDITOR, label="x", made_by=None)
    assert Invitation.objects.with_secret(secret) == invitation
    made = accept_with_new_account(invitation, "new", "a long pass phrase")
    assert project.memberships.get(user=made).role == Role.EDITOR
    assert Invitation.objects.with_secret(secret) is None
    with pytest.raises(InvitationEnded):
        accept(invitation, viewer)


def test_an_invitation_never_takes_a_role_away(member: User, viewer: User, project: Project) -> None:
    assert accept(invited(project), member).role == Role.OWNER
    assert accept(invited(project, Role.EDITOR), viewer).role == Role.EDITOR


def test_a_name_that_is_taken_uses_no_link_up(member: User, project: Project) -> None:
    invitation = invited(project)
    with pytest.raises(AccountNameTaken):
        accept_with_new_account(invitation, "member", "a long pass phrase")
    assert Invitation.objects.open().filter(pk=invitation.pk).exists()


def test_a_link_ends(project: Project) -> None:
    invitation = invited(project)
    Invitation.objects.filter(pk=invitation.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert not Invitation.objects.open().filter(pk=invitation.pk).exists()
