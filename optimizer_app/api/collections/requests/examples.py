"""Prompts that somebody saved in the playground. Their texts come with one, not with the list."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from optimizer_app.api.access import person_of
from optimizer_app.api.errors import Conflict
from optimizer_app.api.fields import ProjectFilter, VisibleProject
from optimizer_app.api.idempotency import idempotent
from optimizer_app.api.view import Collection
from optimizer_app.captures.reading import NotKept
from optimizer_app.clickhouse.stored import stored_traces
from optimizer_app.models import PlaygroundExample
from optimizer_app.models.prompts.playground_example import ExampleTexts
from optimizer_app.playground.examples import ExampleRefused, save_example
from optimizer_app.playground.stored.sets import MAX_NAME_CHARS, save_captured
from optimizer_app.security.encryption import UndecryptableSecret

KINDS = ("text", "openai", "anthropic", "responses")


class PromptTexts(serializers.Serializer[Any]):
    """A text, or a request body of a dialect as text; question and documents stand apart from it."""

    kind = serializers.ChoiceField(choices=KINDS)
    text = serializers.CharField(trim_whitespace=False)
    question = serializers.CharField(allow_blank=True, default="")
    documents = serializers.CharField(allow_blank=True, trim_whitespace=False, default="")


class ExampleSerializer(serializers.ModelSerializer[PlaygroundExample]):
    author = serializers.SerializerMethodField()

    class Meta:
        model = PlaygroundExample
        fields: ClassVar = ["id", "project", "name", "set_name", "trace_id", "author", "created_at"]

    def get_author(self, example: PlaygroundExample) -> str | None:
        return example.author.get_username() if example.author else None


class ExampleDetail(ExampleSerializer):
    prompt = serializers.SerializerMethodField()

    class Meta(ExampleSerializer.Meta):
        fields: ClassVar = [*ExampleSerializer.Meta.fields, "prompt"]

    @extend_schema_field(PromptTexts)
    def get_prompt(self, example: PlaygroundExample) -> Any:
        try:
            return PromptTexts(example.texts()).data
        except UndecryptableSecret as error:
            raise Conflict("the example was saved under another encryption key") from error


class NewExample(serializers.Serializer[Any]):
    project = VisibleProject()
    name = serializers.CharField(max_length=100)
    prompt = PromptTexts()
    set_name = serializers.CharField(
        max_length=MAX_NAME_CHARS, default="", allow_blank=True, help_text="A named set that replays can run."
    )


class KeptRequest(serializers.Serializer[Any]):
    project = VisibleProject()
    trace = serializers.UUIDField()
    set_name = serializers.CharField(max_length=MAX_NAME_CHARS)


@extend_schema_view(list=extend_schema(parameters=[ProjectFilter]))
class ExamplesView(mixins.DestroyModelMixin, Collection):
    """Example prompts of projects, encrypted in the database. Those saved from requests are for editors."""

    queryset = PlaygroundExample.objects.none()
    filters = ProjectFilter
    ordering = ("name", "id")

    def get_queryset(self) -> QuerySet[PlaygroundExample]:
        readable = PlaygroundExample.objects.readable_by(self.request.user)
        found = readable.filter(project__in=self.projects).select_related("author")
        return found.without_texts() if self.action == "list" else found

    def get_serializer_class(self) -> type[ExampleSerializer]:
        return ExampleSerializer if self.action == "list" else ExampleDetail

    @extend_schema(request=NewExample, responses={201: ExampleDetail})
    @idempotent
    def create(self, request: Request) -> Response:
        """Save a prompt, encrypted, for the members of the project."""
        asked = self.read(NewExample)
        try:
            texts = ExampleTexts(**asked["prompt"])
            example = save_example(asked["project"], asked["name"], texts, request.user, asked["set_name"])
        except ExampleRefused as error:
            raise serializers.ValidationError({"name": str(error)}) from error
        return Response(ExampleDetail(example).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=KeptRequest, responses={201: ExampleDetail})
    @action(detail=False, methods=["post"], url_path="from-request")
    def from_request(self, request: Request) -> Response:
        """Save the prompt of a request whose texts are kept into a named set, until somebody deletes it."""
        asked = self.read(KeptRequest)
        trace = stored_traces().filter(project=asked["project"], pk=asked["trace"]).first()
        if trace is None:
            raise serializers.ValidationError({"trace": "the project has no such request"})
        try:
            example = save_captured(trace, asked["set_name"], person_of(request))
        except ExampleRefused as error:
            raise serializers.ValidationError({"set_name": str(error)}) from error
        except NotKept as error:
            raise Conflict(f"the texts of the request: {error}") from error
        return Response(ExampleDetail(example).data, status=status.HTTP_201_CREATED)
