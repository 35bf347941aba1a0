"""Configs with their versions: created, published, rolled back, exported."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from optimizer_app.api.collections.configs.drafts import ConfigDrafts
from optimizer_app.api.collections.configs.regression_cases import CaseResultSerializer
from optimizer_app.api.collections.configs.serializers import (
    ConfigFile,
    ConfigSerializer,
    NewConfig,
    PublishRequest,
    PublishShareRequest,
    RollBackRequest,
    RunCasesRequest,
    ShareSerializer,
    VersionSerializer,
)
from optimizer_app.api.errors import Conflict
from optimizer_app.api.fields import ProjectFilter
from optimizer_app.api.idempotency import idempotent
from optimizer_app.configs.create import create_config, make_default
from optimizer_app.configs.errors import (
    FieldsRefused,
    NoShare,
    NothingToPublish,
    PublishedMeanwhile,
    ShareRunning,
    StillUsed,
)
from optimizer_app.configs.files import FORMAT
from optimizer_app.configs.remove import delete_config
from optimizer_app.configs.values import ConfigValues
from optimizer_app.configs.versions.history import versions_of
from optimizer_app.configs.versions.publish import roll_back
from optimizer_app.configs.versions.shares import roll_back_share, shares_of
from optimizer_app.models import ConfigVersion, OptimizationConfig
from optimizer_app.releases.errors import CasesFailed
from optimizer_app.releases.publish import ShareSize, publish_checked, publish_share_checked
from optimizer_app.releases.runs import run_cases
from token_optimizer.errors import ConfigError


@extend_schema_view(list=extend_schema(parameters=[ProjectFilter]))
class ConfigsView(ConfigDrafts):
    """What the optimizer does for a key: a preset, and the fields that differ from it."""

    queryset = OptimizationConfig.objects.none()
    serializer_class = ConfigSerializer
    filters = ProjectFilter
    ordering = ("name", "id")

    def get_queryset(self) -> QuerySet[OptimizationConfig]:
        return OptimizationConfig.objects.filter(project__in=self.projects).with_share()

    @extend_schema(request=NewConfig, responses={201: ConfigSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Make a config; its first version is live at once."""
        asked = self.read(NewConfig)
        values = ConfigValues(asked["preset"], asked["fields"])
        try:
            config = create_config(
                asked["project"], asked["name"], values, author=request.user, note=asked["note"]
            )
        except FieldsRefused as error:
            raise _refused(error) from error
        return Response(ConfigSerializer(config).data, status=status.HTTP_201_CREATED)

    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a config that no key uses, with its versions."""
        try:
            delete_config(self.get_object())
        except StillUsed as error:
            keys = [{"id": str(key.pk), "name": key.name} for key in error.keys]
            raise Conflict(
                "keys use this config: revoke them or give them another one", {"keys": keys}
            ) from error
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=PublishRequest, responses=VersionSerializer)
    @action(detail=True, methods=["post"])
    @idempotent
    def publish(self, request: Request, pk: str) -> Response:
        """Make a new version live, for all or for a `share`. Refused where another was published after
        `base_version`, where a share runs already, and where regression cases fail."""
        config, asked = self.get_object(), self.read(PublishRequest)
        values = ConfigValues(asked["preset"], asked["fields"])
        size = ShareSize(**asked["share"]) if "share" in asked else None
        said = {name: asked[name] for name in ("base_version", "note", "anyway")}
        return _published(lambda: publish_checked(config, request.user, values, share=size, **said))

    @extend_schema(request=PublishShareRequest, responses=VersionSerializer)
    @action(detail=True, methods=["post"], url_path="publish-share")
    @idempotent
    def publish_share(self, request: Request, pk: str) -> Response:
        """End the share that runs: all meet its version."""
        config, asked = self.get_object(), self.read(PublishShareRequest)
        return _published(lambda: publish_share_checked(config, request.user, **asked))

    @extend_schema(request=None, responses=ShareSerializer)
    @action(detail=True, methods=["post"], url_path="roll-back-share")
    @idempotent
    def roll_back_share(self, request: Request, pk: str) -> Response:
        """End the share that runs: all meet the live version."""
        try:
            return Response(ShareSerializer(roll_back_share(self.get_object(), request.user)).data)
        except NoShare as error:
            raise Conflict(str(error)) from error

    @extend_schema(responses=ShareSerializer(many=True))
    @action(detail=True, pagination_class=None)
    def shares(self, request: Request, pk: str) -> Response:
        """All shares, the newest first; the one that runs with the figures of both sides."""
        return Response(ShareSerializer(shares_of(self.get_object()), many=True).data)

    @extend_schema(request=RunCasesRequest, responses=CaseResultSerializer(many=True))
    @action(detail=True, methods=["post"], url_path="run-cases", pagination_class=None)
    def run_cases(self, request: Request, pk: str) -> Response:
        """Run the project's regression cases under the live version, or under your draft."""
        config, asked = self.get_object(), self.read(RunCasesRequest)
        values, version = ConfigValues.of(config), config.version
        if asked["draft"]:
            values, version = ConfigValues.of(self.own_draft(config)), None
        try:
            results = run_cases(config, values, version=version)
        except (ConfigError, TypeError) as error:
            raise Conflict(f"the config cannot be used: {error}") from error
        return Response(CaseResultSerializer(results, many=True).data)

    @extend_schema(request=RollBackRequest, responses=VersionSerializer)
    @action(detail=True, methods=["post"], url_path="roll-back")
    @idempotent
    def roll_back(self, request: Request, pk: str) -> Response:
        """Publish a copy of an older version."""
        config, asked = self.get_object(), self.read(RollBackRequest)
        return _published(
            lambda: roll_back(
                config, asked["version"], request.user, base_version=asked["base_version"], note=asked["note"]
            )
        )

    @extend_schema(responses=VersionSerializer(many=True))
    @action(detail=True, pagination_class=None)
    def versions(self, request: Request, pk: str) -> Response:
        """All versions, the newest first."""
        return Response(VersionSerializer(versions_of(self.get_object()), many=True).data)

    @extend_schema(request=None, responses=ConfigSerializer)
    @action(detail=True, methods=["post"], url_path="make-default")
    def make_default(self, request: Request, pk: str) -> Response:
        """Keys of the project that name no config use this one from now on."""
        config = self.get_object()
        make_default(config)
        return Response(ConfigSerializer(config).data)

    @extend_schema(responses=ConfigFile)
    @action(detail=True)
    def export(self, request: Request, pk: str) -> Response:
        """The config as a file that a page, or a POST to this collection, takes in another project."""
        config = self.get_object()
        values = ConfigValues.of(config)
        return Response(
            {"format": FORMAT, "name": config.name, "preset": values.preset, "fields": dict(values.fields)}
        )


def _published(work: Callable[[], ConfigVersion]) -> Response:
    """The version that is live now, or why it is not."""
    try:
        return Response(VersionSerializer(work()).data)
    except FieldsRefused as error:
        raise _refused(error) from error
    except CasesFailed as error:
        cases = CaseResultSerializer(error.failing, many=True).data
        raise Conflict(f"{error}: publish it anyway with a note that says why", {"cases": cases}) from error
    except (NothingToPublish, ShareRunning, NoShare) as error:
        raise Conflict(str(error)) from error
    except PublishedMeanwhile as error:
        changed: list[dict[str, Any]] = [
            {"field": change.name, "before": change.before, "after": change.after} for change in error.changes
        ]
        raise Conflict(str(error), {"live_version": error.live.number, "changes": changed}) from error
    except ConfigVersion.DoesNotExist as error:
        raise NotFound("the config has no such version") from error


def _refused(error: FieldsRefused) -> serializers.ValidationError:
    """The problems where the request has their fields: those of a share and of the config are nested."""
    found: dict[str, Any] = {}
    for name, text in error.problems.items():
        if name in ("name", "preset", "note"):
            found[name] = text
        else:
            found.setdefault("share" if name in ("by", "percent") else "fields", {})[name] = text
    return serializers.ValidationError(found)
