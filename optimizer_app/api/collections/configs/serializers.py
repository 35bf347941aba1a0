"""The fields of configs and of what is sent about them."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from optimizer_app.api.fields import VisibleProject
from optimizer_app.configs.files import FORMAT
from optimizer_app.configs.versions.shares import MAX_PERCENT
from optimizer_app.models import ConfigShare, ConfigVersion, OptimizationConfig
from optimizer_app.releases.sides import sides_of
from token_optimizer.config import PRESETS

_MAX_NOTE_CHARS = 500


class ConfigSerializer(serializers.ModelSerializer[OptimizationConfig]):
    """`fields` has those of OptimizerConfig that differ from the preset."""

    class Meta:
        model = OptimizationConfig
        fields: ClassVar = [
            "id",
            "project",
            "name",
            "preset",
            "fields",
            "is_default",
            "version",
            "updated_at",
        ]


class VersionSerializer(serializers.ModelSerializer[ConfigVersion]):
    author = serializers.SerializerMethodField()

    class Meta:
        model = ConfigVersion
        fields: ClassVar = [
            "number",
            "preset",
            "fields",
            "author",
            "note",
            "copy_of",
            "failed_cases",
            "published_at",
        ]

    def get_author(self, version: ConfigVersion) -> str | None:
        return version.author.get_username() if version.author else None


class _Values(serializers.Serializer[Any]):
    preset = serializers.ChoiceField(choices=list(PRESETS))
    fields = serializers.DictField(default=dict)  # type: ignore[assignment]
    note = serializers.CharField(max_length=_MAX_NOTE_CHARS, allow_blank=True, default="")


class NewConfig(_Values):
    project = VisibleProject()
    name = serializers.SlugField(max_length=60)


class ShareRequest(serializers.Serializer[Any]):
    by = serializers.ChoiceField(choices=ConfigShare.By.choices)
    percent = serializers.IntegerField(min_value=1, max_value=MAX_PERCENT)


class PublishRequest(_Values):
    base_version = serializers.IntegerField(min_value=1, help_text="The version that this is made from.")
    share = ShareRequest(required=False, help_text="Without one: all meet the version.")
    anyway = serializers.BooleanField(
        default=False, help_text="Publish although regression cases fail; `note` has to say why."
    )


class PublishShareRequest(serializers.Serializer[Any]):
    note = serializers.CharField(max_length=_MAX_NOTE_CHARS, allow_blank=True, default="")
    anyway = serializers.BooleanField(default=False, help_text="As in publishing.")


class SideSerializer(serializers.Serializer[Any]):
    """What one version came to since the share began."""

    version = serializers.IntegerField()
    requests = serializers.IntegerField()
    tokens_before = serializers.IntegerField()
    tokens_after = serializers.IntegerField()
    net_usd = serializers.DecimalField(max_digits=16, decimal_places=9, allow_null=True)
    fallbacks = serializers.IntegerField()
    p50_ms = serializers.FloatField(allow_null=True)
    p95_ms = serializers.FloatField(allow_null=True)


class ShareSerializer(serializers.ModelSerializer[ConfigShare]):
    version = serializers.IntegerField(source="version.number")
    started_by = serializers.SerializerMethodField()
    ended_by = serializers.SerializerMethodField()
    sides = serializers.SerializerMethodField()

    class Meta:
        model = ConfigShare
        fields: ClassVar = [
            "version",
            "base_version",
            "by",
            "percent",
            "started_by",
            "started_at",
            "ended_by",
            "ended_at",
            "outcome",
            "sides",
        ]

    def get_started_by(self, share: ConfigShare) -> str | None:
        return share.started_by.get_username() if share.started_by else None

    def get_ended_by(self, share: ConfigShare) -> str | None:
        return share.ended_by.get_username() if share.ended_by else None

    @extend_schema_field(SideSerializer(many=True))
    def get_sides(self, share: ConfigShare) -> Any:
        """The live version and the share's; of one that has ended there are none."""
        return [] if share.ended_at else SideSerializer(sides_of(share), many=True).data


class RollBackRequest(serializers.Serializer[Any]):
    version = serializers.IntegerField(min_value=1, help_text="The version to go back to.")
    base_version = serializers.IntegerField(min_value=1, help_text="The version that is live now.")
    note = serializers.CharField(max_length=_MAX_NOTE_CHARS, allow_blank=True, default="")


class ConfigFile(serializers.Serializer[Any]):
    format = serializers.CharField(default=FORMAT)
    name = serializers.CharField()
    preset = serializers.CharField()
    fields = serializers.DictField()  # type: ignore[assignment]


class RunCasesRequest(serializers.Serializer[Any]):
    draft = serializers.BooleanField(default=False, help_text="Under your draft, not the live version.")
