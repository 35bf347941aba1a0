"""Members of a project and their roles. A project that has an owner keeps one."""

from __future__ import annotations

from django.db import transaction

from optimizer_app.models import Membership, Project, Role


class LastOwner(Exception):
    """Without this member nobody in the project could manage it."""


def change_role(member: Membership, role: Role) -> None:
    """Give the member another role. LastOwner for the only owner."""
    with transaction.atomic():
        _check_owners(member, role)
        member.role = role
        member.save(update_fields=["role"])


def remove_member(member: Membership) -> None:
    """What was theirs in the project is no longer visible to them. LastOwner for the only owner."""
    with transaction.atomic():
        _check_owners(member, None)
        member.delete()


def _check_owners(member: Membership, role: Role | None) -> None:
    # Locked, so that two owners cannot leave at the same moment.
    project = Project.objects.select_for_update(no_key=True).get(pk=member.project_id)
    owners = project.memberships.filter(role=Role.OWNER)
    if role != Role.OWNER and not owners.exclude(pk=member.pk).exists() and owners.exists():
        raise LastOwner(str(member.user))
