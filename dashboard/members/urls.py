"""Addresses of the members of a project, and of invitations."""

from __future__ import annotations

from django.urls import path

from dashboard.members import accepting, views

_MEMBERS = "projects/<uuid:project_id>/members"

urlpatterns = [
    path(_MEMBERS, views.members_page, name="members"),
    path(f"{_MEMBERS}/invite", views.invite, name="invite"),
    path(f"{_MEMBERS}/<int:member_id>/role", views.set_role, name="set_role"),
    path(f"{_MEMBERS}/<int:member_id>/remove", views.remove, name="remove_member"),
    path(
        f"{_MEMBERS}/invitations/<uuid:invitation_id>/revoke",
        views.revoke_invitation,
        name="revoke_invitation",
    ),
    path("invitations/<str:secret>", accepting.invitation, name="invitation"),
]
