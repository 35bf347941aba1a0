"""Stored documents: how far each is, and what can be done with it. Files come in by /v1/ingest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from optimizer_app.api.errors import Conflict
from optimizer_app.api.fields import ProjectFilter, VisibleProject
from optimizer_app.api.view import Collection
from optimizer_app.ingest.control import cancel_document, embed_again, remove_document, retry_document
from optimizer_app.models import Document, Role
from optimizer_app.retrieval.search import search_documents
from token_optimizer.models import BlockType

_MAX_QUESTION_CHARS = 2_000
_MAX_PASSAGES = 50


class DocumentSerializer(serializers.ModelSerializer[Document]):
    class Meta:
        model = Document
        exclude: ClassVar = ["source", "content_hash", "stored_hash", "leased_until"]


class DocumentFilter(ProjectFilter):
    state = serializers.ChoiceField(required=False, choices=Document.State.choices)
    external_id = serializers.CharField(required=False)


class Search(serializers.Serializer[Any]):
    project = VisibleProject()
    query = serializers.CharField(max_length=_MAX_QUESTION_CHARS)
    top_k = serializers.IntegerField(min_value=1, max_value=_MAX_PASSAGES, default=10)
    types = serializers.ListField(
        child=serializers.ChoiceField(choices=[item.value for item in BlockType]), default=list
    )
    metadata = serializers.DictField(default=dict)


class Passage(serializers.Serializer[Any]):
    document = serializers.UUIDField(source="document_id")
    title = serializers.CharField(source="title_path")
    text = serializers.CharField(source="content")
    tokens = serializers.IntegerField()
    score = serializers.FloatField()


class Found(serializers.Serializer[Any]):
    passages = Passage(many=True)
    by_words_alone = serializers.CharField(help_text="Why no vectors were compared, if none were.")


@extend_schema_view(list=extend_schema(parameters=[DocumentFilter]))
class DocumentsView(Collection):
    """Documents from which requests retrieve."""

    queryset = Document.objects.none()
    serializer_class = DocumentSerializer
    filters = DocumentFilter
    ordering = ("-created_at", "id")
    roles: ClassVar = {"search": Role.VIEWER}

    def get_queryset(self) -> QuerySet[Document]:
        return Document.objects.without_source().filter(project__in=self.projects)

    def destroy(self, request: Request, pk: str) -> Response:
        """Delete the document with its passages."""
        remove_document(self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses=DocumentSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Stop the work on it."""
        return self._after(cancel_document, "nothing is being done with this document")

    @extend_schema(request=None, responses=DocumentSerializer)
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: str) -> Response:
        """Work on it again from its file."""
        return self._after(retry_document, "the document did not fail, or its file is gone")

    @extend_schema(request=None, responses=DocumentSerializer)
    @action(detail=True, methods=["post"], url_path="embed-again")
    def embed_again(self, request: Request, pk: str) -> Response:
        """Make its vectors anew."""
        return self._after(embed_again, "the document has no passages yet")

    @extend_schema(request=Search, responses=Found)
    @action(detail=False, methods=["post"], pagination_class=None)
    def search(self, request: Request) -> Response:
        """What a question would find in a project's documents, best first."""
        asked = self.read(Search)
        found = search_documents(
            asked["project"],
            asked["query"],
            top_k=asked["top_k"],
            types=asked["types"] or None,
            metadata=asked["metadata"],
        )
        return Response(Found(found).data)

    def _after(self, change: Callable[[Document], bool], why_not: str) -> Response:
        document = self.get_object()
        if not change(document):
            raise Conflict(why_not)
        return Response(DocumentSerializer(self.get_queryset().get(pk=document.pk)).data)
