"""Regression cases: prompts, and what has to be in what is sent of them. Publishing a config runs them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import mixins, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from optimizer_app.api.collections.requests.examples import PromptTexts
from optimizer_app.api.errors import Conflict
from optimizer_app.api.fields import ProjectFilter, VisibleProject
from optimizer_app.api.idempotency import idempotent
from optimizer_app.api.view import Collection
from optimizer_app.captures.reading import NotKept
from optimizer_app.clickhouse.stored import stored_traces
from optimizer_app.models import RegressionCase, RegressionResult, Role
from optimizer_app.models.configs.regression_case import CaseTexts
from optimizer_app.models.prompts.playground_example import ExampleTexts
from optimizer_app.releases.cases import make_case
from optimizer_app.releases.errors import CaseRefused
from optimizer_app.releases.kept_case import kept_case
from optimizer_app.security.encryption import UndecryptableSecret


class CaseResultSerializer(serializers.Serializer[Any]):
    """How a case did just now. `missing` are the lines that would not be sent."""

    case = serializers.UUIDField(source="case.pk")
    name = serializers.CharField(source="case.name")
    passed = serializers.BooleanField()
    missing = serializers.ListField(child=serializers.CharField())
    problem = serializers.CharField()


class LastResultSerializer(serializers.ModelSerializer[RegressionResult]):
    """How it last did under a config. `version` null: a draft."""

    passed = serializers.BooleanField()

    class Meta:
        model = RegressionResult
        fields: ClassVar = ["config", "version", "passed", "missing", "problem", "ran_at"]


class CaseSerializer(serializers.ModelSerializer[RegressionCase]):
    author = serializers.SerializerMethodField()
    results = LastResultSerializer(many=True)

    class Meta:
        model = RegressionCase
        fields: ClassVar = ["id", "project", "name", "trace_id", "author", "created_at", "results"]

    def get_author(self, case: RegressionCase) -> str | None:
        return case.author.get_username() if case.author else None


class CaseContent(serializers.Serializer[Any]):
    prompt = PromptTexts()
    keep = serializers.CharField(
        trim_whitespace=False, max_length=100_000, help_text="Lines that must stay; words are compared."
    )


class CaseDetail(CaseSerializer):
    content = serializers.SerializerMethodField()

    class Meta(CaseSerializer.Meta):
        fields: ClassVar = [*CaseSerializer.Meta.fields, "content"]

    @extend_schema_field(CaseContent)
    def get_content(self, case: RegressionCase) -> Any:
        try:
            return CaseContent(case.texts()).data
        except UndecryptableSecret as error:
            raise Conflict("the case was saved under another encryption key") from error


class NewCase(serializers.Serializer[Any]):
    """`prompt` and `keep` may be left out of a case of a request whose texts are kept."""

    project = VisibleProject()
    name = serializers.CharField(max_length=100)
    prompt = PromptTexts(required=False)
    keep = serializers.CharField(required=False, trim_whitespace=False, max_length=100_000)
    trace_id = serializers.UUIDField(
        required=False, allow_null=True, help_text="The request in which it was missing."
    )
    block = serializers.IntegerField(
        required=False, min_value=1, help_text="The block of the request that should have stayed, from 1."
    )


@extend_schema_view(list=extend_schema(parameters=[ProjectFilter]))
class RegressionCasesView(mixins.DestroyModelMixin, Collection):
    """What should have stayed, by project, for editors. Their texts come with one, not with the list."""

    queryset = RegressionCase.objects.none()
    filters = ProjectFilter
    ordering = ("name", "id")
    # Most come from requests, and their results name the lines that were missing.
    roles: ClassVar = {"list": Role.EDITOR, "retrieve": Role.EDITOR}

    def get_queryset(self) -> QuerySet[RegressionCase]:
        found = RegressionCase.objects.filter(project__in=self.projects).select_related("author")
        found = found.prefetch_related("results")
        return found.without_texts() if self.action == "list" else found

    def get_serializer_class(self) -> type[CaseSerializer]:
        return CaseSerializer if self.action == "list" else CaseDetail

    @extend_schema(request=NewCase, responses={201: CaseDetail})
    @idempotent
    def create(self, request: Request) -> Response:
        """Make a case, its texts encrypted. What must stay has to stand in the prompt."""
        asked = self.read(NewCase)
        texts = _texts(asked)
        try:
            case = make_case(asked["project"], asked["name"], texts, request.user, asked.get("trace_id"))
        except CaseRefused as error:
            named: dict[str, Any] = {error.field: str(error)}
            raise serializers.ValidationError(
                {"prompt": named} if error.field == "text" else named
            ) from error
        return Response(CaseDetail(case).data, status=status.HTTP_201_CREATED)


def _texts(asked: Mapping[str, Any]) -> CaseTexts:
    """What was sent, over what is kept of the request."""
    kept = _kept(asked) if "prompt" not in asked or "keep" not in asked else None
    if "prompt" in asked:
        return CaseTexts(ExampleTexts(**asked["prompt"]), asked.get("keep") or (kept.keep if kept else ""))
    if kept is None:
        raise serializers.ValidationError({"prompt": "is needed where no request is named"})
    return CaseTexts(kept.prompt, asked.get("keep") or kept.keep)


def _kept(asked: Mapping[str, Any]) -> CaseTexts | None:
    if not asked.get("trace_id"):
        return None
    trace = stored_traces().filter(project=asked["project"], pk=asked["trace_id"]).first()
    if trace is None:
        raise serializers.ValidationError({"trace_id": "the project has no such request"})
    if asked.get("block", 0) > len(trace.blocks):
        raise serializers.ValidationError({"block": f"the request has {len(trace.blocks)} blocks"})
    try:
        return kept_case(trace, asked.get("block"))
    except NotKept as error:
        raise Conflict(f"the texts of the request: {error}") from error
