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

from optimizer_app.api.errors import Conflict, Unavailable
from optimizer_app.api.fields import ProjectFilter, VisibleProject
from optimizer_app.api.idempotency import idempotent
from optimizer_app.api.view import Collection
from optimizer_app.models import Provider, Role
from optimizer_app.outgoing import UnsafeUrl
from optimizer_app.providers.change import (
    PLAIN_FIELDS,
    ProviderValues,
    add_provider,
    change_provider,
    plain_values,
    remove_provider,
    secret_header_names,
)
from optimizer_app.providers.connection import check_connection
from optimizer_app.providers.errors import (
    ProviderInUse,
    ProviderNameTaken,
    SecretNeeded,
    SetByEnvironment,
)
from optimizer_app.providers.headers import HeaderRefused
from optimizer_app.providers.health import health_of

_KEY_HELP = "The provider's key. It is stored encrypted and never shown; left out, it stays as it is."

_HEADERS_HELP = "Headers that every request is sent with; shown as they are."
_HIDDEN_HEADERS_HELP = (
    "Headers that are stored encrypted and never shown. What is named changes; null ends it."
)


class ProviderSerializer(serializers.ModelSerializer[Provider]):
    has_secret = serializers.SerializerMethodField()
    secret_header_names = serializers.SerializerMethodField()

    class Meta:
        model = Provider
        fields: ClassVar = [
            "id",
            "project",
            "has_secret",
            "secret_header_names",
            *PLAIN_FIELDS,
            "created_at",
        ]

    def get_has_secret(self, provider: Provider) -> bool:
        return bool(provider.encrypted_secret)

    def get_secret_header_names(self, provider: Provider) -> list[str]:
        return list(secret_header_names(provider))


class _Seconds(serializers.FloatField):
    """A time-out; null is the instance's."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=0.1, max_value=86_400, allow_null=True, **kwargs)


class ProviderChange(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=60, required=False)
    kind = serializers.ChoiceField(choices=Provider.Kind.choices, required=False)
    base_url = serializers.URLField(max_length=500, allow_blank=True, required=False)
    secret = serializers.CharField(write_only=True, required=False, max_length=2_000, help_text=_KEY_HELP)
    asks_for_stream_usage = serializers.BooleanField(required=False)
    strict_roles = serializers.BooleanField(required=False)
    needs_caller_key = serializers.BooleanField(required=False)
    headers = serializers.DictField(child=serializers.CharField(), required=False, help_text=_HEADERS_HELP)
    secret_headers = serializers.DictField(
        child=serializers.CharField(allow_null=True, allow_blank=True),
        required=False,
        write_only=True,
        help_text=_HIDDEN_HEADERS_HELP,
    )
    region = serializers.RegexField(r"^[a-z0-9-]*$", max_length=40, allow_blank=True, required=False)
    access_key_id = serializers.CharField(max_length=128, allow_blank=True, required=False)
    connect_timeout_seconds = _Seconds(required=False)
    first_byte_timeout_seconds = _Seconds(required=False)
    idle_timeout_seconds = _Seconds(required=False)


class NewProvider(ProviderChange):
    project = VisibleProject()
    name = serializers.CharField(max_length=60)
    kind = serializers.ChoiceField(choices=Provider.Kind.choices)


class ConnectionSerializer(serializers.Serializer[Any]):
    works = serializers.BooleanField()
    says = serializers.CharField()


class FailureSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    why = serializers.CharField()


class HealthSerializer(serializers.Serializer[Any]):
    circuit = serializers.ChoiceField(choices=("closed", "open", "half open"), source="circuit.state")
    requests = serializers.IntegerField()
    failures = serializers.IntegerField()
    failure_share = serializers.FloatField(allow_null=True)
    first_byte_ms = serializers.FloatField(allow_null=True)
    last_failures = FailureSerializer(many=True)


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
        asked = _read(self, NewProvider)
        project = asked.pop("project")
        with _refusals_named():
            provider = add_provider(project, ProviderValues(**asked))
        return Response(ProviderSerializer(provider).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=ProviderChange, responses=ProviderSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change what is given. A new URL takes the secret again: the stored one was for another."""
        provider: Provider = self.get_object()
        with _refusals_named():
            change_provider(provider, ProviderValues(**{**plain_values(provider), **_read(self)}))
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

    @extend_schema(responses=HealthSerializer)
    @action(detail=True, methods=["get"])
    def health(self, request: Request, pk: str) -> Response:
        """How it answered in the last quarter of an hour, and whether routes ask it."""
        provider: Provider = self.get_object()
        found = health_of([provider.pk]).get(provider.pk)
        if found is None:
            raise Unavailable("Valkey, which counts how providers answer, does not answer")
        return Response(HealthSerializer(found).data)


def _read(view: ProvidersView, serializer: type[ProviderChange] = ProviderChange) -> dict[str, Any]:
    asked = view.read(serializer)
    if "secret_headers" in asked:
        asked["secret_headers"] = {name: value or "" for name, value in asked["secret_headers"].items()}
    return asked


@contextmanager
def _refusals_named() -> Iterator[None]:
    """What the use cases refuse, as errors of the field that is meant."""
    try:
        yield
    except ProviderNameTaken as error:
        raise serializers.ValidationError({"name": "the project has a provider of this name"}) from error
    except UnsafeUrl as error:
        raise serializers.ValidationError({"base_url": str(error)}) from error
    except HeaderRefused as error:
        raise serializers.ValidationError({"headers": str(error)}) from error
    except ProviderInUse as error:
        raise Conflict(f"routes lead to this provider: {error}") from error
    except SecretNeeded as error:
        raise serializers.ValidationError(
            {"secret": "is needed: the stored one was for another URL"}
        ) from error
    except SetByEnvironment as error:
        raise Conflict("the environment sets this provider: change it there") from error
