"""The fields of configs and of what is sent about them."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import serializers

from optimizer_app.api.fields import VisibleProject
from optimizer_app.configs.files import FORMAT
from optimizer_app.models import ConfigVersion, OptimizationConfig
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
        fields: ClassVar = ["number", "preset", "fields", "author", "note", "copy_of", "published_at"]

    def get_author(self, version: ConfigVersion) -> str | None:
        return version.author.get_username() if version.author else None


class _Values(serializers.Serializer[Any]):
    preset = serializers.ChoiceField(choices=list(PRESETS))
    fields = serializers.DictField(default=dict)  # type: ignore[assignment]
    note = serializers.CharField(max_length=_MAX_NOTE_CHARS, allow_blank=True, default="")


class NewConfig(_Values):
    project = VisibleProject()
    name = serializers.SlugField(max_length=60)


class PublishRequest(_Values):
    base_version = serializers.IntegerField(min_value=1, help_text="The version that this is made from.")


class RollBackRequest(serializers.Serializer[Any]):
    version = serializers.IntegerField(min_value=1, help_text="The version to go back to.")
    base_version = serializers.IntegerField(min_value=1, help_text="The version that is live now.")
    note = serializers.CharField(max_length=_MAX_NOTE_CHARS, allow_blank=True, default="")


class ConfigFile(serializers.Serializer[Any]):
    format = serializers.CharField(default=FORMAT)
    name = serializers.CharField()
    preset = serializers.CharField()
    fields = serializers.DictField()  # type: ignore[assignment]
