"""Proposals of tuning: what happened speaks for a change of a config, and somebody takes it or not."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from optimizer_app.api.errors import Conflict, Unavailable
from optimizer_app.api.fields import ProjectFilter
from optimizer_app.api.view import Collection
from optimizer_app.clickhouse.client import ClickHouseAway
from optimizer_app.models import OptimizationConfig, TuningProposal
from optimizer_app.tuning.proposals import NotOpen, accept, dismiss, propose


class ProposalSerializer(serializers.ModelSerializer[TuningProposal]):
    is_safe = serializers.BooleanField(
        read_only=True, help_text="Whether it was tested by regression cases, and none failed."
    )

    class Meta:
        model = TuningProposal
        fields: ClassVar = [
            "id",
            "config",
            "base_version",
            "changes",
            "cases",
            "failed_cases",
            "is_safe",
            "state",
            "reason",
            "created_at",
            "decided_at",
        ]


class ProposalFilter(ProjectFilter):
    state = serializers.ChoiceField(required=False, choices=TuningProposal.State.choices)


class LookRequest(serializers.Serializer[Any]):
    config = serializers.UUIDField(help_text="The id of a config.")


class DismissRequest(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=500)


class TuningProposalsView(Collection):
    """Changes of configs with their evidence, the newest first. None is made unasked but by its config."""

    queryset = TuningProposal.objects.none()
    serializer_class = ProposalSerializer
    filters = ProposalFilter
    ordering = ("-created_at", "id")

    def get_queryset(self) -> QuerySet[TuningProposal]:
        found = TuningProposal.objects.filter(config__project__in=self.projects)
        return found.select_related("config__project")

    def filtered(self, rows: Any, asked: dict[str, Any]) -> QuerySet[Any]:
        names = {"project": "config__project"}
        found: QuerySet[Any] = rows.filter(**{names.get(name, name): value for name, value in asked.items()})
        return found

    @extend_schema(request=LookRequest, responses={201: ProposalSerializer, 204: None})
    def create(self, request: Request) -> Response:
        """Look at what happened to a config now: a proposal, or nothing that speaks for one."""
        asked = self.read(LookRequest)
        config = OptimizationConfig.objects.filter(project__in=self.projects, pk=asked["config"]).first()
        if config is None:
            raise serializers.ValidationError({"config": "there is no such config"})
        try:
            proposal = propose(config, timezone.now())
        except ClickHouseAway as error:
            raise Unavailable(f"ClickHouse does not answer: {error}") from error
        if proposal is None:
            return Response(status=status.HTTP_204_NO_CONTENT)
        return Response(ProposalSerializer(proposal).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=ProposalSerializer)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: str) -> Response:
        """Make the changes your draft; publishing it is yours."""
        proposal = self.get_object()
        try:
            accept(proposal, request.user)
        except NotOpen as error:
            raise Conflict(str(error)) from error
        return Response(ProposalSerializer(proposal).data)

    @extend_schema(request=DismissRequest, responses=ProposalSerializer)
    @action(detail=True, methods=["post"])
    def dismiss(self, request: Request, pk: str) -> Response:
        """Not now: the same changes are not proposed for a month."""
        proposal = self.get_object()
        try:
            dismiss(proposal, request.user, self.read(DismissRequest)["reason"])
        except NotOpen as error:
            raise Conflict(str(error)) from error
        return Response(ProposalSerializer(proposal).data)
