"""What requests said, as far as it is kept: read, deleted."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from optimizer_app.api.fields import ProjectFilter, VisibleProject
from optimizer_app.api.view import Collection
from optimizer_app.captures.reading import NotKept, texts_for
from optimizer_app.captures.removal import delete_capture, delete_captures_of
from optimizer_app.models import Capture, Role


class CaptureSerializer(serializers.ModelSerializer[Capture]):
    """Without the texts. `id` is that of the trace."""

    class Meta:
        model = Capture
        fields: ClassVar = ["id", "project", "expires_at", "size_bytes"]


class BlockTextsSerializer(serializers.Serializer[Any]):
    before = serializers.CharField()
    after = serializers.CharField()


class CaptureDetail(CaptureSerializer):
    """With the texts: the body as it came, the body that was sent, the answer as the client got it."""

    body = serializers.CharField()
    sent = serializers.CharField()
    answer = serializers.CharField()
    answer_is_cut = serializers.BooleanField()
    blocks = serializers.DictField(
        child=BlockTextsSerializer(), help_text="By the ids of the trace's blocks."
    )

    class Meta(CaptureSerializer.Meta):
        fields: ClassVar = [
            *CaptureSerializer.Meta.fields,
            "body",
            "sent",
            "answer",
            "answer_is_cut",
            "blocks",
        ]


class OfProject(serializers.Serializer[Any]):
    project = VisibleProject()


class Deleted(serializers.Serializer[Any]):
    deleted = serializers.IntegerField(help_text="Of how many requests the texts went.")


@extend_schema_view(list=extend_schema(parameters=[ProjectFilter]))
class CapturesView(Collection):
    """Texts of requests whose config keeps them, until they expire."""

    queryset = Capture.objects.none()
    serializer_class = CaptureSerializer
    filters = ProjectFilter
    ordering = ("-id",)
    roles: ClassVar = {"retrieve": Role.EDITOR, "delete_all": Role.OWNER}

    def get_queryset(self) -> QuerySet[Capture]:
        found = Capture.objects.filter(project__in=self.projects).readable()
        return found if self.action == "retrieve" else found.without_texts()

    @extend_schema(responses=CaptureDetail)
    def retrieve(self, request: Request, pk: str) -> Response:
        """One request's texts."""
        capture = self.get_object()
        try:
            texts = texts_for(request.user, capture)
        except NotKept as error:
            raise NotFound(str(error)) from error
        shown = {
            **CaptureSerializer(capture).data,
            "body": texts.body,
            "sent": texts.sent_body,
            "answer": texts.answer,
            "answer_is_cut": texts.answer_is_cut,
            "blocks": {name: block._asdict() for name, block in texts.blocks.items()},
        }
        return Response(shown, headers={"Cache-Control": "private, no-store"})

    def destroy(self, request: Request, pk: str) -> Response:
        """Delete one request's texts, for everybody and for good. Its trace stays."""
        delete_capture(self.get_object(), request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=OfProject, responses=Deleted)
    @action(detail=False, methods=["post"], url_path="delete-all", pagination_class=None)
    def delete_all(self, request: Request) -> Response:
        """Delete the texts of all requests of a project."""
        return Response({"deleted": delete_captures_of(self.read(OfProject)["project"], request.user)})
