"""API keys of projects. A new key's secret is in the answer to its POST and nowhere else."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from optimizer_app.api.fields import ProjectFilter, VisibleConfig, VisibleProject
from optimizer_app.api.idempotency import idempotent
from optimizer_app.api.view import Collection
from optimizer_app.models import ApiKey
from optimizer_app.projects.errors import ForeignConfig
from optimizer_app.projects.keys import create_key, revoke_key


class KeySerializer(serializers.ModelSerializer[ApiKey]):
    class Meta:
        model = ApiKey
        fields: ClassVar = [
            "id",
            "project",
            "config",
            "name",
            "shown_prefix",
            "created_at",
            "last_used_at",
            "revoked_at",
        ]


class IssuedKey(KeySerializer):
    secret = serializers.CharField(help_text="Shown this once: `tok_...`")

    class Meta(KeySerializer.Meta):
        fields: ClassVar = [*KeySerializer.Meta.fields, "secret"]


class NewKey(serializers.Serializer[Any]):
    project = VisibleProject()
    name = serializers.CharField(max_length=100)
    config = VisibleConfig(required=False, allow_null=True, help_text="Without one: the project's default.")


@extend_schema_view(list=extend_schema(parameters=[ProjectFilter]))
class KeysView(Collection):
    """Keys by which clients reach the gateway under /v1/."""

    queryset = ApiKey.objects.none()
    serializer_class = KeySerializer
    filters = ProjectFilter
    ordering = ("-created_at", "id")

    def get_queryset(self) -> QuerySet[ApiKey]:
        return ApiKey.objects.filter(project__in=self.projects)

    @extend_schema(request=NewKey, responses={201: IssuedKey})
    @idempotent
    def create(self, request: Request) -> Response:
        """Make a key; its secret is in this answer alone."""
        asked = self.read(NewKey)
        try:
            key, secret = create_key(asked["project"], asked["name"], asked.get("config"))
        except ForeignConfig as error:
            raise serializers.ValidationError({"config": "belongs to another project"}) from error
        shown = {**KeySerializer(key).data, "secret": secret}
        return Response(shown, status=status.HTTP_201_CREATED)

    def destroy(self, request: Request, pk: str) -> Response:
        """Revoke the key: within five seconds no worker takes it any more. Its traces stay."""
        revoke_key(self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)
