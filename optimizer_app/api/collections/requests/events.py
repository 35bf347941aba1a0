"""Events, and the receivers that they go to."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from optimizer_app.api.errors import Conflict
from optimizer_app.api.fields import ProjectFilter
from optimizer_app.api.view import Collection
from optimizer_app.events.letters import NoReceiver, resend, send_test
from optimizer_app.events.signing import rotate_secret
from optimizer_app.events.state import STATES, of_state, states_of
from optimizer_app.models import ApiToken, Event, EventDelivery, EventDestination, Role

_NOWHERE = "the project's events go nowhere: set its analytics_url"


class DeliverySerializer(serializers.ModelSerializer[EventDelivery]):
    destination = serializers.UUIDField(source="destination_id")

    class Meta:
        model = EventDelivery
        fields: ClassVar = ["destination", "delivered_at", "dead_at", "attempts", "last_error"]


class EventSerializer(serializers.ModelSerializer[Event]):
    class Meta:
        model = Event
        fields: ClassVar = ["id", "project", "trace_id", "event_type", "source", "created_at"]


class WholeEventSerializer(EventSerializer):
    deliveries = DeliverySerializer(many=True)
    payload = serializers.JSONField()

    class Meta(EventSerializer.Meta):
        fields: ClassVar = [*EventSerializer.Meta.fields, "payload", "deliveries"]


class EventQuery(ProjectFilter):
    event_type = serializers.CharField(required=False)
    # The query has a filter of the name that DRF's fields have for something else.
    source = serializers.ChoiceField(  # type: ignore[assignment]
        choices=Event.Source.choices, required=False
    )
    trace_id = serializers.UUIDField(required=False)
    since = serializers.DateTimeField(required=False)
    state = serializers.ChoiceField(
        choices=list(STATES),
        required=False,
        help_text="Of its way to a receiver.",
    )


class ReceiversSerializer(serializers.Serializer[Any]):
    receivers = serializers.IntegerField(help_text="To how many the event goes once more.")


@extend_schema_view(list=extend_schema(parameters=[EventQuery]))
class EventsView(Collection):
    """What happened to requests, as receivers are told of it."""

    queryset = Event.objects.none()
    serializer_class = EventSerializer
    filters = EventQuery
    ordering = ("-id",)

    def get_queryset(self) -> QuerySet[Event]:
        return Event.objects.filter(project__in=self.projects)

    def filtered(self, rows: QuerySet[Any], asked: dict[str, Any]) -> QuerySet[Any]:
        rows = of_state(rows, asked.pop("state")) if "state" in asked else rows
        if "since" in asked:
            rows = rows.filter(created_at__gte=asked.pop("since"))
        return rows.filter(**asked)

    @extend_schema(responses=WholeEventSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """The event with its payload, and how far it is to each receiver."""
        return Response(WholeEventSerializer(self.get_object()).data)

    @extend_schema(request=None, responses=ReceiversSerializer)
    @action(detail=True, methods=["post"])
    def resend(self, request: Request, pk: str) -> Response:
        """Let it go once more to each receiver of its project, whatever became of it before."""
        try:
            return Response({"receivers": resend(self.get_object())})
        except NoReceiver as error:
            raise Conflict(_NOWHERE) from error


class EventDestinationSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="destination.pk")
    project = serializers.UUIDField(source="destination.project_id", allow_null=True)
    host = serializers.CharField(help_text="Without the path, which may hold a token.")
    waiting = serializers.IntegerField()
    oldest_waiting_at = serializers.DateTimeField(allow_null=True)
    delivered = serializers.IntegerField(help_text="Within the last 24 hours.")
    set_aside = serializers.IntegerField()
    failures = serializers.IntegerField(source="destination.failures", help_text="In a row.")
    last_error = serializers.CharField(source="destination.last_error")
    last_success_at = serializers.DateTimeField(source="destination.last_success_at", allow_null=True)
    next_try_at = serializers.DateTimeField(source="destination.next_try_at", allow_null=True)


class SecretSerializer(serializers.Serializer[Any]):
    secret = serializers.CharField(help_text="Shown this once. The one before signs, too, for a day.")


@extend_schema_view(list=extend_schema(parameters=[ProjectFilter]))
class EventDestinationsView(Collection):
    """Receivers of events, and how far they are. Without a project: the instance's, for superusers."""

    queryset = EventDestination.objects.none()
    serializer_class = EventDestinationSerializer
    filters = ProjectFilter
    ordering = ("created_at", "id")
    roles: ClassVar = {"rotate_secret": Role.OWNER, "test": Role.OWNER}

    def get_queryset(self) -> QuerySet[EventDestination]:
        found = EventDestination.objects.visible_to(self.request.user).select_related("project")
        own = found.filter(project__in=self.projects)
        token = self.request.auth
        return own if isinstance(token, ApiToken) and token.is_bounded else own | found.filter(project=None)

    @extend_schema(responses=EventDestinationSerializer(many=True), parameters=[ProjectFilter])
    def list(self, request: Request) -> Response:
        """The receivers that whoever asks may see."""
        rows = self.filter_queryset(self.get_queryset()).order_by(*self.ordering)
        page = self.paginate_queryset(rows) or []
        return self.get_paginated_response(EventDestinationSerializer(states_of(page), many=True).data)

    @extend_schema(responses=EventDestinationSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """How far one is."""
        return Response(EventDestinationSerializer(states_of([self.get_object()])[0]).data)

    @extend_schema(request=None, responses=SecretSerializer)
    @action(detail=True, methods=["post"], url_path="rotate-secret")
    def rotate_secret(self, request: Request, pk: str) -> Response:
        """Make a new signing secret."""
        return Response({"secret": rotate_secret(self.get_object(), timezone.now())})

    @extend_schema(request=None, responses={202: EventSerializer})
    @action(detail=True, methods=["post"])
    def test(self, request: Request, pk: str) -> Response:
        """Send an event of type `test`, to see whether it arrives."""
        destination: EventDestination = self.get_object()
        project = destination.project or self.projects.first()
        if project is None:
            raise Conflict("there is no project to send an event of")
        try:
            event = send_test(destination, project)
        except NoReceiver as error:
            raise Conflict(_NOWHERE) from error
        return Response(EventSerializer(event).data, status=status.HTTP_202_ACCEPTED)
