"""Stored prompts run through a config, without sending or with."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from optimizer_app.api.errors import Conflict
from optimizer_app.api.fields import ProjectFilter, VisibleConfig
from optimizer_app.api.idempotency import idempotent
from optimizer_app.api.view import Collection
from optimizer_app.captures.reading import may_read
from optimizer_app.clickhouse.stored import stored_traces
from optimizer_app.models import Project, Replay, ReplayResult, Role
from optimizer_app.playground.stored.sources import (
    Source,
    captured_sources,
    picked_sources,
    requests_label,
    set_sources,
)
from optimizer_app.replays.create import MAX_PROMPTS, ReplayRefused, create_replay, input_cost
from optimizer_app.replays.removal import cancel_replay, delete_replay
from optimizer_app.replays.subjects import Subject, UnknownSubject, draft_subject, version_subject
from optimizer_app.replays.texts import ResultTexts

_NEWEST = 20


class ReplaySerializer(serializers.ModelSerializer[Replay]):
    class Meta:
        model = Replay
        fields: ClassVar = [
            "id",
            "project",
            "source",
            "config",
            "config_name",
            "version",
            "preset",
            "fields",
            "sends",
            "state",
            "created_at",
            "finished_at",
        ]


class ReplayResultSerializer(serializers.ModelSerializer[ReplayResult]):
    """What became of one prompt. `answer` and `lost_directives_texts` are there for editors, as long as the
    prompt is."""

    answer = serializers.SerializerMethodField()
    lost_directives_texts = serializers.SerializerMethodField()

    class Meta:
        model = ReplayResult
        exclude: ClassVar = ["id", "replay", "sealed", "attempts"]

    def get_answer(self, result: ReplayResult) -> str:
        return self._texts(result).answer

    def get_lost_directives_texts(self, result: ReplayResult) -> list[str]:
        return list(self._texts(result).lost_directives)

    def _texts(self, result: ReplayResult) -> ResultTexts:
        return ResultTexts.for_reader(result, may_read=self.context["may_read"])


class NewReplay(serializers.Serializer[Any]):
    """The prompts are the requests that `traces` names, those of `set`, or else the `newest` whose texts are
    kept, of the config's project."""

    config = VisibleConfig()
    version = serializers.IntegerField(
        required=False, min_value=1, help_text="Without one: as the config is live."
    )
    draft = serializers.BooleanField(default=False, help_text="Your own draft of the config instead.")
    newest = serializers.IntegerField(default=_NEWEST, min_value=1, max_value=MAX_PROMPTS)
    set = serializers.CharField(required=False, max_length=100)
    traces = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=MAX_PROMPTS)
    send = serializers.BooleanField(
        default=False, help_text="Ask the provider with each prompt, too, which is billed: see `cost/`."
    )


class InputCost(serializers.Serializer[Any]):
    prompts = serializers.IntegerField()
    input_usd = serializers.DecimalField(
        max_digits=16,
        decimal_places=9,
        allow_null=True,
        help_text="The most that sending them costs as input; null where a price is not known.",
    )


@extend_schema_view(list=extend_schema(parameters=[ProjectFilter]))
class ReplaysView(Collection):
    """Runs of stored prompts through a config; each stays as it was, to be compared with others."""

    queryset = Replay.objects.none()
    serializer_class = ReplaySerializer
    filters = ProjectFilter
    ordering = ("-created_at", "id")
    roles: ClassVar = {"cost": Role.VIEWER}

    def get_queryset(self) -> QuerySet[Replay]:
        return Replay.objects.filter(project__in=self.projects)

    @extend_schema(request=NewReplay, responses={201: ReplaySerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Make a run; a worker takes it at once."""
        asked = self.read(NewReplay)
        subject, (sources, words) = self._subject(asked), _sources(asked)
        try:
            replay = create_replay(
                asked["config"].project,
                sources,
                subject,
                source=words,
                author=request.user,
                sends=asked["send"],
            )
        except ReplayRefused as error:
            raise Conflict(str(error)) from error
        return Response(ReplaySerializer(replay).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=NewReplay, responses=InputCost)
    @action(detail=False, methods=["post"], pagination_class=None)
    def cost(self, request: Request) -> Response:
        """What sending the prompts of such a run would cost at most. Nothing is run."""
        asked = self.read(NewReplay)
        sources, _ = _sources(asked)
        usd = input_cost(asked["config"].project, sources, self._subject(asked))
        return Response(InputCost({"prompts": len(sources), "input_usd": usd}).data)

    def destroy(self, request: Request, pk: str) -> Response:
        """Delete the run with its results."""
        delete_replay(self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses=ReplaySerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Stop the run; what has been run stays."""
        replay = self.get_object()
        if not cancel_replay(replay):
            raise Conflict("the run has ended already")
        return Response(ReplaySerializer(self.get_queryset().get(pk=replay.pk)).data)

    @extend_schema(responses=ReplayResultSerializer(many=True))
    @action(detail=True, pagination_class=None)
    def results(self, request: Request, pk: str) -> Response:
        """What became of each prompt, in their order."""
        replay = self.get_object()
        context = {"may_read": may_read(request.user, replay.project_id)}
        rows = ReplayResultSerializer(replay.results.order_by("number"), many=True, context=context)
        return Response(rows.data)

    def _subject(self, asked: dict[str, Any]) -> Subject:
        """What the prompts go through."""
        try:
            if asked["draft"]:
                return draft_subject(asked["config"], self.request.user)
            return version_subject(asked["config"], asked.get("version"))
        except UnknownSubject as error:
            name = "draft" if asked["draft"] else "version"
            raise serializers.ValidationError({name: str(error)}) from error


def _sources(asked: dict[str, Any]) -> tuple[list[Source], str]:
    """The prompts, and which they are in words."""
    project: Project = asked["config"].project
    traces = stored_traces().filter(project=project)
    if "traces" in asked:
        found = picked_sources(traces, asked["traces"])
        return found, f"{requests_label(len(found))} that the API was given"
    if "set" in asked:
        return set_sources(project, asked["set"]), f"the set {asked['set']}"
    found = captured_sources(traces, asked["newest"])
    return found, f"the newest {requests_label(len(found))}"
