"""Members of projects, the invitations by which people become members, and the audit log."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from optimizer_app.access import invitations
from optimizer_app.access.members import LastOwner, change_role, remove_member
from optimizer_app.api.access import person_of
from optimizer_app.api.errors import Conflict
from optimizer_app.api.fields import ProjectFilter, VisibleProject
from optimizer_app.api.view import Collection
from optimizer_app.models import Invitation, Membership, Role


class MemberSerializer(serializers.ModelSerializer[Membership]):
    user = serializers.CharField(source="user.username")

    class Meta:
        model = Membership
        fields: ClassVar = ["id", "project", "user", "role"]


class RoleChange(serializers.Serializer[Any]):
    role = serializers.ChoiceField(choices=Role.choices)


@extend_schema_view(list=extend_schema(parameters=[ProjectFilter]))
class MembersView(Collection):
    """Who is in a project, and as what. People become members by invitations."""

    queryset = Membership.objects.none()
    serializer_class = MemberSerializer
    filters = ProjectFilter
    ordering = ("project", "id")
    lookup_value_regex = "[0-9]{1,18}"
    roles: ClassVar = {"partial_update": Role.OWNER, "destroy": Role.OWNER}

    def get_queryset(self) -> QuerySet[Membership]:
        return Membership.objects.select_related("user").filter(project__in=self.projects)

    @extend_schema(request=RoleChange, responses=MemberSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Give the member another role. A project keeps an owner."""
        member = self.get_object()
        try:
            change_role(member, Role(self.read(RoleChange)["role"]))
        except LastOwner as error:
            raise _last_owner() from error
        return Response(MemberSerializer(member).data)

    def destroy(self, request: Request, pk: str) -> Response:
        """Remove the member: they see nothing of the project from the next request on."""
        try:
            remove_member(self.get_object())
        except LastOwner as error:
            raise _last_owner() from error
        return Response(status=status.HTTP_204_NO_CONTENT)


class InvitationSerializer(serializers.ModelSerializer[Invitation]):
    name = serializers.CharField(source="label", help_text="For whom the link is.")

    class Meta:
        model = Invitation
        fields: ClassVar = ["id", "project", "name", "role", "created_at", "expires_at"]


class NewInvitation(serializers.Serializer[Any]):
    project = VisibleProject()
    name = serializers.CharField(max_length=100, help_text="For whom the link is. Nothing is sent.")
    role = serializers.ChoiceField(choices=Role.choices, default=Role.VIEWER)


class IssuedInvitation(InvitationSerializer):
    link = serializers.CharField(help_text="Shown this once. Whoever opens it first becomes a member.")

    class Meta(InvitationSerializer.Meta):
        fields: ClassVar = [*InvitationSerializer.Meta.fields, "link"]


@extend_schema_view(list=extend_schema(parameters=[ProjectFilter]))
class InvitationsView(Collection):
    """Links that can still be opened, for owners."""

    queryset = Invitation.objects.none()
    serializer_class = InvitationSerializer
    filters = ProjectFilter
    ordering = ("-created_at", "id")
    roles: ClassVar = dict.fromkeys(("list", "retrieve", "create", "destroy"), Role.OWNER)

    def get_queryset(self) -> QuerySet[Invitation]:
        return Invitation.objects.open().filter(project__in=self.projects)

    @extend_schema(request=NewInvitation, responses={201: IssuedInvitation})
    def create(self, request: Request) -> Response:
        """Make a link; it is in this answer alone."""
        asked = self.read(NewInvitation)
        invitation, secret = Invitation.issue(
            project=asked["project"],
            role=asked["role"],
            label=asked["name"],
            made_by=person_of(request),
        )
        link = request.build_absolute_uri(reverse("dashboard:invitation", args=[secret]))
        shown = {**InvitationSerializer(invitation).data, "link": link}
        return Response(shown, status=status.HTTP_201_CREATED)

    def destroy(self, request: Request, pk: str) -> Response:
        """Revoke the link."""
        invitations.revoke(self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)


def _last_owner() -> Conflict:
    return Conflict("this is the only owner: make somebody else one first")
