"""Providers of projects. A secret goes in and never comes out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from optimizer_app.api.errors import Conflict
from optimizer_app.api.fields import ProjectFilter, VisibleProject
from optimizer_app.api.idempotency import idempotent
from optimizer_app.api.view import Collection
from optimizer_app.models import Provider, Role
from optimizer_app.outgoing import UnsafeUrl
from optimizer_app.providers.change import ProviderValues, add_provider, change_provider, remove_provider
from optimizer_app.providers.connection import check_connection
from optimizer_app.providers.errors import ProviderNameTaken, SecretNeeded, SetByEnvironment

_KEY_HELP = "The provider's key. It is stored encrypted and never shown; left out, it stays as it is."

_CHANGEABLE = ("name", "kind", "base_url", "asks_for_stream_usage")


class ProviderSerializer(serializers.ModelSerializer[Provider]):
    has_secret = serializers.SerializerMethodField()

    class Meta:
        model = Provider
        fields: ClassVar = [
            "id",
            "project",
            "name",
            "kind",
            "base_url",
            "has_secret",
            "asks_for_stream_usage",
            "created_at",
        ]

    def get_has_secret(self, provider: Provider) -> bool:
        return bool(provider.encrypted_secret)


class ProviderChange(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=60, required=False)
    kind = serializers.ChoiceField(choices=Provider.Kind.choices, required=False)
    base_url = serializers.URLField(max_length=500, allow_blank=True, required=False)
    secret = serializers.CharField(write_only=True, required=False, max_length=2_000, help_text=_KEY_HELP)
    asks_for_stream_usage = serializers.BooleanField(required=False)


class NewProvider(ProviderChange):
    project = VisibleProject()
    name = serializers.CharField(max_length=60)
    kind = serializers.ChoiceField(choices=Provider.Kind.choices)


class ConnectionSerializer(serializers.Serializer[Any]):
    works = serializers.BooleanField()
    says = serializers.CharField()


@extend_schema_view(list=extend_schema(parameters=[ProjectFilter]))
class ProvidersView(Collection):
    """Where a project's requests go, and with which secret."""

    queryset = Provider.objects.none()
    serializer_class = ProviderSerializer
    filters = ProjectFilter
    ordering = ("name", "id")
    roles: ClassVar = {
        "create": Role.OWNER,
        "partial_update": Role.OWNER,
        "destroy": Role.OWNER,
        "test": Role.OWNER,
    }

    def get_queryset(self) -> QuerySet[Provider]:
        return Provider.objects.filter(project__in=self.projects)

    @extend_schema(request=NewProvider, responses={201: ProviderSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Add a provider to a project."""
        asked = self.read(NewProvider)
        project = asked.pop("project")
        with _refusals_named():
            provider = add_provider(project, ProviderValues(**asked))
        return Response(ProviderSerializer(provider).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=ProviderChange, responses=ProviderSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change what is given. A new URL takes the secret again: the stored one was for another."""
        provider: Provider = self.get_object()
        kept = {
            name: getattr(provider, name) for name in ("name", "kind", "base_url", "asks_for_stream_usage")
        }
        with _refusals_named():
            change_provider(provider, ProviderValues(**{**kept, **self.read(ProviderChange)}))
        return Response(ProviderSerializer(provider).data)

    def destroy(self, request: Request, pk: str) -> Response:
        """Remove the provider: requests go to the project's next one."""
        with _refusals_named():
            remove_provider(self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses=ConnectionSerializer)
    @action(detail=True, methods=["post"])
    def test(self, request: Request, pk: str) -> Response:
        """Try once whether it answers and takes the key."""
        return Response(ConnectionSerializer(check_connection(self.get_object())).data)


@contextmanager
def _refusals_named() -> Iterator[None]:
    """What the use cases refuse, as errors of the field that is meant."""
    try:
        yield
    except ProviderNameTaken as error:
        raise serializers.ValidationError({"name": "the project has a provider of this name"}) from error
    except UnsafeUrl as error:
        raise serializers.ValidationError({"base_url": str(error)}) from error
    except SecretNeeded as error:
        raise serializers.ValidationError(
            {"secret": "is needed: the stored one was for another URL"}
        ) from error
    except SetByEnvironment as error:
        raise Conflict("the environment sets this provider: change it there") from error
