"""API keys of projects. A new key's secret is in the answer to its POST and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from optimizer_app.api.errors import Conflict
from optimizer_app.api.fields import PathLinesField, ProjectFilter, VisibleConfig, VisibleProject
from optimizer_app.api.idempotency import idempotent
from optimizer_app.api.limits import LimitsChange, UsedSerializer, shown_use, taken_limits
from optimizer_app.api.view import Collection
from optimizer_app.limits.holders import key_holder
from optimizer_app.limits.present import present_use
from optimizer_app.limits.values import LIMIT_FIELDS, NO_LIMITS, limits_of
from optimizer_app.models import ApiKey, Role
from optimizer_app.models.keys.api_key import KeyScope, all_scopes
from optimizer_app.projects.errors import ForeignConfig, KeyHasEnded
from optimizer_app.projects.keys import KeyValues, change_key, create_key, revoke_key, rotate_key


class KeySerializer(serializers.ModelSerializer[ApiKey]):
    class Meta:
        model = ApiKey
        fields: ClassVar = [
            "id",
            "project",
            "config",
            "name",
            "scopes",
            "relay_paths",
            "shown_prefix",
            "created_at",
            "expires_at",
            "previous_until",
            "last_used_at",
            "revoked_at",
            *LIMIT_FIELDS,
        ]


class IssuedKey(KeySerializer):
    secret = serializers.CharField(help_text="Shown this once: `tok_...`")

    class Meta(KeySerializer.Meta):
        fields: ClassVar = [*KeySerializer.Meta.fields, "secret"]


class KeyChange(LimitsChange):
    name = serializers.CharField(max_length=100, required=False)
    config = VisibleConfig(required=False, allow_null=True, help_text="Without one: the project's default.")
    scopes = serializers.MultipleChoiceField(
        choices=KeyScope.choices, allow_empty=False, required=False, help_text="Left out: all of them."
    )
    relay_paths = PathLinesField(
        required=False,
        help_text="Narrow `passthrough`: `POST /v1/embeddings`, `/v1/files/*`. None: all that is relayed.",
    )
    expires_at = serializers.DateTimeField(allow_null=True, required=False)

    def validate_scopes(self, scopes: set[str]) -> list[str]:
        return [scope for scope in all_scopes() if scope in scopes]


class NewKey(KeyChange):
    project = VisibleProject()
    name = serializers.CharField(max_length=100)


class Rotation(serializers.Serializer[Any]):
    grace_hours = serializers.IntegerField(
        min_value=0, max_value=720, default=24, help_text="For how long the old secret works on."
    )


@extend_schema_view(list=extend_schema(parameters=[ProjectFilter]))
class KeysView(Collection):
    """Keys by which clients reach the gateway under /v1/."""

    queryset = ApiKey.objects.none()
    serializer_class = KeySerializer
    filters = ProjectFilter
    ordering = ("-created_at", "id")
    roles: ClassVar = {
        "create": Role.OWNER,
        "partial_update": Role.OWNER,
        "rotate": Role.OWNER,
        "destroy": Role.OWNER,
    }

    def get_queryset(self) -> QuerySet[ApiKey]:
        return ApiKey.objects.filter(project__in=self.projects)

    @extend_schema(request=NewKey, responses={201: IssuedKey})
    @idempotent
    def create(self, request: Request) -> Response:
        """Make a key; its secret is in this answer alone."""
        asked = self.read(NewKey)
        project, limits = asked.pop("project"), taken_limits(asked, NO_LIMITS)
        try:
            key, secret = create_key(project, KeyValues(**asked, limits=limits))
        except ForeignConfig as error:
            raise _foreign_config() from error
        shown = {**KeySerializer(key).data, "secret": secret}
        return Response(shown, status=status.HTTP_201_CREATED)

    @extend_schema(request=KeyChange, responses=KeySerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change what is given; requests follow within seconds."""
        key, asked = self.get_object(), self.read(KeyChange)
        limits = taken_limits(asked, limits_of(key))
        now = KeyValues(key.name, key.config, key.scopes, key.relay_paths, key.expires_at, limits)
        try:
            change_key(key, replace(now, **asked))
        except ForeignConfig as error:
            raise _foreign_config() from error
        return Response(KeySerializer(key).data)

    @extend_schema(request=Rotation, responses=IssuedKey)
    @action(detail=True, methods=["post"])
    @idempotent
    def rotate(self, request: Request, pk: str) -> Response:
        """Give the key a new secret, in this answer alone; the old one works on for a while."""
        key, asked = self.get_object(), self.read(Rotation)
        try:
            secret = rotate_key(key, timedelta(hours=asked["grace_hours"]))
        except KeyHasEnded as error:
            raise Conflict("the key has ended") from error
        return Response({**KeySerializer(key).data, "secret": secret})

    @extend_schema(responses=UsedSerializer(many=True))
    @action(detail=True, pagination_class=None)
    def use(self, request: Request, pk: str) -> Response:
        """What the key uses of its limits now."""
        return Response(shown_use(present_use(key_holder(self.get_object(), timezone.now()))))

    def destroy(self, request: Request, pk: str) -> Response:
        """Revoke the key: within five seconds no worker takes it any more. Its traces stay."""
        revoke_key(self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)


def _foreign_config() -> serializers.ValidationError:
    return serializers.ValidationError({"config": "belongs to another project"})
