"""One's own draft of a config, and what it would make of a prompt."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from optimizer_app.api.access import person_of
from optimizer_app.api.collections.requests.examples import PromptTexts
from optimizer_app.api.errors import Conflict
from optimizer_app.api.view import Collection
from optimizer_app.clickhouse.stored import stored_traces
from optimizer_app.configs.check import checked
from optimizer_app.configs.errors import FieldsRefused
from optimizer_app.configs.patterns import MAX_SAMPLE_CHARS, tried
from optimizer_app.configs.values import ConfigValues
from optimizer_app.configs.versions.drafts import discard_draft, draft_of, rebase_draft, save_draft
from optimizer_app.configs.versions.keeping import NothingKeeps, keep_in_draft, kept_by
from optimizer_app.models import ConfigDraft, OptimizationConfig, Role
from optimizer_app.models.prompts.playground_example import ExampleTexts
from optimizer_app.playground.comparison import ChangedBlock, Outcome, compare
from optimizer_app.playground.examples import prompt_of_example
from token_optimizer.config import PRESETS
from token_optimizer.errors import ConfigError, PromptError
from token_optimizer.junk_patterns import MAX_PATTERNS, pattern_problem


class DraftSerializer(serializers.ModelSerializer[ConfigDraft]):
    is_behind = serializers.SerializerMethodField(help_text="Whether others published since it was begun.")

    class Meta:
        model = ConfigDraft
        fields: ClassVar = ["base_version", "preset", "fields", "is_behind", "saved_at"]

    def get_is_behind(self, draft: ConfigDraft) -> bool:
        return bool(draft.base_version != draft.config.version)


class DraftValues(serializers.Serializer[Any]):
    preset = serializers.ChoiceField(choices=list(PRESETS))
    fields = serializers.DictField(default=dict)  # type: ignore[assignment]
    base_version = serializers.IntegerField(
        required=False, min_value=1, help_text="The version that a new draft is made from; the live one."
    )


class OutcomeSerializer(serializers.Serializer[Any]):
    tokens_before = serializers.IntegerField(source="stats.tokens_before")
    tokens_after = serializers.IntegerField(source="stats.tokens_after")
    route = serializers.CharField(source="stats.route")
    fallback_reason = serializers.CharField(source="stats.fallback_reason")
    latency_ms = serializers.FloatField(source="stats.latency_ms")
    cost_before_usd = serializers.DecimalField(max_digits=16, decimal_places=9, allow_null=True)
    cost_usd = serializers.DecimalField(max_digits=16, decimal_places=9, allow_null=True)
    lost_directives = serializers.ListField(child=serializers.CharField())


class ChangedBlockSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    live = serializers.DictField(allow_null=True)
    draft = serializers.DictField(allow_null=True)


class TrialSerializer(serializers.Serializer[Any]):
    live = OutcomeSerializer()
    draft = OutcomeSerializer()
    changed_blocks = ChangedBlockSerializer(many=True)


class KeepBlock(serializers.Serializer[Any]):
    trace = serializers.UUIDField(help_text="The request that lost it.")
    block = serializers.IntegerField(min_value=1, help_text="Its place in the trace's `blocks`, from 1.")


class KeptSerializer(serializers.Serializer[Any]):
    field = serializers.CharField()
    value = serializers.JSONField()


class PatternsRequest(serializers.Serializer[Any]):
    patterns = serializers.ListField(
        child=serializers.CharField(trim_whitespace=False), max_length=MAX_PATTERNS
    )
    sample = serializers.CharField(trim_whitespace=False, max_length=MAX_SAMPLE_CHARS)


class TriedLineSerializer(serializers.Serializer[Any]):
    text = serializers.CharField()
    pattern = serializers.IntegerField(
        allow_null=True, help_text="The first pattern that drops it, from 1; null where it stays."
    )


class ConfigDrafts(Collection):
    """What the collection of configs has for drafts."""

    roles: ClassVar = {"try_draft": Role.VIEWER, "try_patterns": Role.VIEWER}

    def own_draft(self, config: OptimizationConfig) -> ConfigDraft:
        """The draft of whoever asks; a 404 where there is none."""
        draft = draft_of(config, person_of(self.request))
        if draft is None:
            raise NotFound("you have no draft of this config")
        return draft

    @extend_schema(responses=DraftSerializer)
    @action(detail=True, pagination_class=None)
    def draft(self, request: Request, pk: str) -> Response:
        """Your own draft of the config."""
        return Response(DraftSerializer(self.own_draft(self.get_object())).data)

    @extend_schema(request=DraftValues, responses={200: DraftSerializer, 204: None})
    @draft.mapping.put
    def save_draft(self, request: Request, pk: str) -> Response:
        """Keep values as your draft. One that changes nothing of the live version is none."""
        config, asked = self.get_object(), self.read(DraftValues)
        try:
            values = checked(asked["preset"], asked["fields"])
        except FieldsRefused as error:
            raise serializers.ValidationError({"fields": error.problems}) from error
        return _shown(save_draft(config, person_of(request), values, begun_on=asked.get("base_version")))

    @extend_schema(request=None, responses={204: None})
    @draft.mapping.delete
    def discard_draft(self, request: Request, pk: str) -> Response:
        """Discard your draft."""
        discard_draft(self.get_object(), person_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses={200: DraftSerializer, 204: None})
    @action(detail=True, methods=["post"], url_path="rebase-draft")
    def rebase_draft(self, request: Request, pk: str) -> Response:
        """Put your draft's own changes on top of what others published."""
        return _shown(rebase_draft(self.own_draft(self.get_object())))

    @extend_schema(request=KeepBlock, responses=KeptSerializer)
    @action(detail=True, methods=["post"], url_path="keep-block")
    def keep_block(self, request: Request, pk: str) -> Response:
        """Set in your draft the field that keeps blocks such as this one, which a request lost."""
        config, asked = self.get_object(), self.read(KeepBlock)
        trace = stored_traces().filter(project=config.project_id, pk=asked["trace"]).first()
        if trace is None or asked["block"] > len(trace.blocks):
            raise serializers.ValidationError({"trace": "the project has no request with such a block"})
        try:
            kept = kept_by(trace, trace.blocks[asked["block"] - 1])
        except NothingKeeps as error:
            raise Conflict(str(error)) from error
        keep_in_draft(config, person_of(request), kept)
        return Response(KeptSerializer(kept).data)

    @extend_schema(request=PatternsRequest, responses=TriedLineSerializer(many=True))
    @action(detail=False, methods=["post"], url_path="try-patterns", pagination_class=None)
    def try_patterns(self, request: Request) -> Response:
        """Which lines of a sample junk patterns would drop. The sample is not stored."""
        asked = self.read(PatternsRequest)
        problems = enumerate(map(pattern_problem, asked["patterns"]), 1)
        refused = [f"pattern {number}: {why}" for number, why in problems if why]
        if refused:
            raise serializers.ValidationError({"patterns": refused})
        return Response(TriedLineSerializer(tried(asked["patterns"], asked["sample"]), many=True).data)

    @extend_schema(request=PromptTexts, responses=TrialSerializer)
    @action(detail=True, methods=["post"], url_path="try")
    def try_draft(self, request: Request, pk: str) -> Response:
        """What the live version and your draft would make of a prompt. Nothing is sent or stored."""
        config, prompt = self.get_object(), self.read(PromptTexts)
        draft = ConfigValues.of(draft_of(config, person_of(request)) or config)
        try:
            configs = config.as_optimizer_config(), draft.as_optimizer_config()
            found = compare(prompt_of_example(ExampleTexts(**prompt)), *configs, config.project)
        except PromptError as error:
            raise serializers.ValidationError({"text": str(error)}) from error
        except ConfigError as error:
            raise Conflict(f"the config cannot be used: {error}") from error
        return Response(_trial(found.live, found.draft, list(found.changed_blocks())))


def _shown(draft: ConfigDraft | None) -> Response:
    if draft is None:
        return Response(status=status.HTTP_204_NO_CONTENT)
    return Response(DraftSerializer(draft).data)


def _trial(live: Outcome, draft: Outcome, changed: list[ChangedBlock]) -> Any:
    blocks = [dict(zip(("number", "live", "draft"), block, strict=True)) for block in changed]
    return TrialSerializer({"live": live, "draft": draft, "changed_blocks": blocks}).data
