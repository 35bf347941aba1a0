"""Roles in a project, and the role that a request needs.

A request that changes something needs more than one that looks. Whoever lets it in says so of its user, and
every query for what this user may see holds to it: a page or an endpoint that forgets it is closed, not open.
"""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models

_NEEDED = "needed_role"


class Role(models.TextChoices):
    """What a member may do: each what the one after it may, and more."""

    OWNER = "owner", "Owner"
    EDITOR = "editor", "Editor"
    VIEWER = "viewer", "Viewer"

    @property
    def and_above(self) -> list[Role]:
        """The roles that may do what this one may."""
        roles = list(Role)
        return roles[: roles.index(self) + 1]


def need_role(user: AbstractBaseUser | AnonymousUser, role: Role) -> None:
    """From here on the user sees only projects where they have the role, or more."""
    setattr(user, _NEEDED, role)


def needed_role(user: AbstractBaseUser | AnonymousUser) -> Role:
    role: Role = getattr(user, _NEEDED, Role.VIEWER)
    return role
