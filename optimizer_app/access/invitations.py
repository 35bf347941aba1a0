"""Invitations by link: whoever opens the link first becomes a member, with an account old or new."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from optimizer_app.models import Invitation, Membership, Role


class InvitationEnded(Exception):
    """It was accepted, revoked, or is too old."""


class AccountNameTaken(Exception):
    """Another account has this name."""


def accept(invitation: Invitation, user: User) -> Membership:
    """Make the user a member. One who is a member already never loses by it."""
    with transaction.atomic():
        _use(invitation, user)
        member, is_new = Membership.objects.get_or_create(
            project=invitation.project, user=user, defaults={"role": invitation.role}
        )
        invited = Role(invitation.role)
        if not is_new and invited in Role(member.role).and_above:
            member.role = invited
            member.save(update_fields=["role"])
    return member


def accept_with_new_account(invitation: Invitation, username: str, password: str) -> User:
    """Make an account, and it a member. AccountNameTaken where there is one of this name."""
    try:
        with transaction.atomic():
            user = User.objects.create_user(username, password=password)
            accept(invitation, user)
    except IntegrityError as error:
        raise AccountNameTaken(username) from error
    return user


def revoke(invitation: Invitation) -> None:
    """End the link."""
    invitation.revoked_at = timezone.now()
    invitation.save(update_fields=["revoked_at"])


def _use(invitation: Invitation, user: User) -> None:
    """Mark it as accepted, once: two at the same moment do not both get in."""
    locked = Invitation.objects.select_for_update().open().filter(pk=invitation.pk).first()
    if locked is None:
        raise InvitationEnded
    locked.accepted_at, locked.accepted_by = timezone.now(), user
    locked.save(update_fields=["accepted_at", "accepted_by"])
