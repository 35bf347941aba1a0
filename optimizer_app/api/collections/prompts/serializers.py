"""The fields of prompt templates and of what is sent about them."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import serializers

from optimizer_app.api.fields import VisibleProject
from optimizer_app.models import PromptTemplate, PromptVersion
from optimizer_app.prompts.template import Kind

_MAX_NOTE_CHARS = 500


class PromptSerializer(serializers.ModelSerializer[PromptTemplate]):
    """`version` is the live one."""

    class Meta:
        model = PromptTemplate
        fields: ClassVar = ["id", "project", "name", "version", "updated_at"]


class MessageField(serializers.Serializer[Any]):
    role = serializers.ChoiceField(choices=["system", "developer", "user", "assistant"])
    text = serializers.CharField(trim_whitespace=False, help_text="`{{ name }}` stands for a variable.")


class VariableField(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=60)
    kind = serializers.ChoiceField(choices=[kind.value for kind in Kind], default=Kind.TEXT.value)
    description = serializers.CharField(max_length=500, allow_blank=True, default="")
    choices = serializers.ListField(child=serializers.CharField(), default=list)
    default = serializers.JSONField(allow_null=True, default=None, help_text="Without one: required.")
    example = serializers.JSONField(
        allow_null=True, default=None, help_text="Stands for a value in previews."
    )


class ContentSerializer(serializers.Serializer[Any]):
    dialect = serializers.ChoiceField(choices=["openai", "anthropic"])
    model = serializers.CharField(max_length=200, allow_blank=True, default="")
    parameters = serializers.DictField(default=dict, help_text="Further fields of the body.")
    messages = MessageField(many=True)
    variables = VariableField(many=True, default=list)
    marks_stable_part = serializers.BooleanField(
        default=False, help_text="cache_control at the end of the part before the first variable (Anthropic)."
    )
    note = serializers.CharField(max_length=_MAX_NOTE_CHARS, allow_blank=True, default="")


class NewPrompt(ContentSerializer):
    project = VisibleProject()
    name = serializers.SlugField(max_length=60)


class PromptDraftValues(ContentSerializer):
    base_version = serializers.IntegerField(
        required=False, min_value=0, help_text="The version that a new draft is made from; the live one."
    )


class PromptPublishRequest(ContentSerializer):
    base_version = serializers.IntegerField(min_value=0, help_text="The version that this is made from.")


class PromptRollBackRequest(serializers.Serializer[Any]):
    version = serializers.IntegerField(min_value=1, help_text="The version to go back to.")
    base_version = serializers.IntegerField(min_value=1, help_text="The version that is live now.")
    note = serializers.CharField(max_length=_MAX_NOTE_CHARS, allow_blank=True, default="")


class PromptVersionSerializer(serializers.ModelSerializer[PromptVersion]):
    author = serializers.SerializerMethodField()

    class Meta:
        model = PromptVersion
        fields: ClassVar = ["number", "content", "author", "note", "copy_of", "published_at"]

    def get_author(self, version: PromptVersion) -> str | None:
        return version.author.get_username() if version.author else None


class RenderRequest(serializers.Serializer[Any]):
    variables = serializers.DictField(default=dict)
    version = serializers.IntegerField(min_value=1, allow_null=True, default=None, help_text="Without: live.")


class RenderedSerializer(serializers.Serializer[Any]):
    version = serializers.IntegerField()
    body = serializers.DictField()


class CostRequest(RenderRequest):
    """Variables without a value have that of their example."""

    requests = serializers.IntegerField(min_value=1, max_value=10_000_000, default=1_000)
    model = serializers.CharField(allow_blank=True, default="", help_text="Without: the template's own.")


class TokensSerializer(serializers.Serializer[Any]):
    stable = serializers.IntegerField(help_text="Before the first variable.")
    fixed_behind = serializers.IntegerField(help_text="Fixed text behind it.")
    variables = serializers.IntegerField()
    total = serializers.IntegerField()
    estimated = serializers.BooleanField()


class CostSerializer(serializers.Serializer[Any]):
    model = serializers.CharField()
    tokens = TokensSerializer()
    requests = serializers.IntegerField()
    cached_tokens = serializers.IntegerField(help_text="That a later request reads from the cache.")
    usd = serializers.DecimalField(max_digits=None, decimal_places=None, allow_null=True)
    usd_without_cache = serializers.DecimalField(max_digits=None, decimal_places=None, allow_null=True)
