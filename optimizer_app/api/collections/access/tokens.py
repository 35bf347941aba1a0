"""One's own tokens of this API. They are made by a session of a page, never by another token."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from optimizer_app.api.access import person_of
from optimizer_app.api.fields import VisibleProject
from optimizer_app.api.view import Collection
from optimizer_app.models import ApiToken, Role


class TokenSerializer(serializers.ModelSerializer[ApiToken]):
    class Meta:
        model = ApiToken
        fields: ClassVar = [
            "id",
            "name",
            "scope",
            "projects",
            "shown_prefix",
            "created_at",
            "expires_at",
            "last_used_at",
            "revoked_at",
        ]


class IssuedToken(TokenSerializer):
    secret = serializers.CharField(help_text="Shown this once: `mgt_...`")

    class Meta(TokenSerializer.Meta):
        fields: ClassVar = [*TokenSerializer.Meta.fields, "secret"]


class NewToken(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=100)
    scope = serializers.ChoiceField(choices=ApiToken.Scope.choices, default=ApiToken.Scope.READ)
    projects = VisibleProject(many=True, default=list, help_text="None: all that you may see.")
    expires_at = serializers.DateTimeField(allow_null=True, default=None)

    def validate_expires_at(self, moment: Any) -> Any:
        if moment is not None and moment <= timezone.now():
            raise serializers.ValidationError("is in the past")
        return moment


class TokensView(Collection):
    """Tokens by which programs use this API in one's name."""

    queryset = ApiToken.objects.none()
    serializer_class = TokenSerializer
    ordering = ("-created_at", "id")
    roles: ClassVar = {"create": Role.VIEWER, "destroy": Role.VIEWER}

    def get_queryset(self) -> QuerySet[ApiToken]:
        return ApiToken.objects.filter(user=self.request.user.pk).prefetch_related("projects")

    @extend_schema(request=NewToken, responses={201: IssuedToken})
    def create(self, request: Request) -> Response:
        """Make a token; its secret is in this answer alone. Only from a session."""
        if isinstance(request.auth, ApiToken):
            raise PermissionDenied("a token cannot make tokens: make one on a page")
        token, secret = ApiToken.issue(user=person_of(request), **self.read(NewToken))
        shown = {**TokenSerializer(token).data, "secret": secret}
        return Response(shown, status=status.HTTP_201_CREATED)

    def destroy(self, request: Request, pk: str) -> Response:
        """Revoke the token at once."""
        self.get_object().revoke()
        return Response(status=status.HTTP_204_NO_CONTENT)
