"""What who asks may see and change."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from optimizer_app.models import ApiToken, Project, Role
from optimizer_app.models.projects.project import ProjectQuerySet
from optimizer_app.models.projects.roles import need_role


class ScopeAllows(BasePermission):
    """A token changes things only with the scope `write`."""

    message = "the token's scope is read: changing things needs one with the scope write"

    def has_permission(self, request: Request, view: Any) -> bool:
        token = request.auth
        return request.method in SAFE_METHODS or not isinstance(token, ApiToken) or token.may_write


class RoleAllows(BasePermission):
    """From here on whoever asks sees only the projects where their role allows what is asked.

    To look is for viewers and to change for editors, but for the actions that the view's `roles` name.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        usual = Role.VIEWER if request.method in SAFE_METHODS else Role.EDITOR
        roles = getattr(view, "roles", {})
        need_role(request.user, roles.get(getattr(view, "action", ""), usual))
        return True


class IsStaff(BasePermission):
    """What belongs to the whole instance is for staff, with a token that is not bound to projects."""

    message = "only staff may do this: it concerns the whole instance"

    def has_permission(self, request: Request, view: Any) -> bool:
        token = request.auth
        is_bounded = isinstance(token, ApiToken) and token.is_bounded
        return bool(getattr(request.user, "is_staff", False)) and not is_bounded


class StaffChanges(IsStaff):
    """Everybody may look at it; it holds for the whole instance, so only staff changes it."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return request.method in SAFE_METHODS or super().has_permission(request, view)


class IsOneself(BasePermission):
    """What belongs to a person, not to projects: for sessions, and tokens that are bound to no project."""

    message = "a token that is bound to projects has no part in its owner's account"

    def has_permission(self, request: Request, view: Any) -> bool:
        return not (isinstance(request.auth, ApiToken) and request.auth.is_bounded)


def person_of(request: Request) -> User:
    """Who asks; the permissions let nobody through that is not known."""
    if not isinstance(request.user, User):
        raise NotAuthenticated()
    return request.user


def projects_of(request: Request) -> ProjectQuerySet:
    """The projects that whoever asks may see."""
    token = request.auth
    if isinstance(token, ApiToken):
        return token.visible_projects()
    return Project.objects.visible_to(request.user)
