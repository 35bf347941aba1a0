"""Stored documents: new ones, how far each is, and what can be done with it. /v1/ingest takes larger ones."""

from __future__ import annotations

import base64
import binascii
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
from optimizer_app.api.idempotency import idempotent
from optimizer_app.api.view import Collection
from optimizer_app.ingest.accept import NewDocument, RefusedDocument, accept_documents
from optimizer_app.ingest.control import cancel_document, embed_again, remove_document, retry_document
from optimizer_app.models import Document, Role
from optimizer_app.retrieval.search import search_documents
from token_optimizer.models import BlockType

BLOCK_TYPES = [item.value for item in BlockType]
_MAX_QUESTION_CHARS = 2_000
_MAX_PASSAGES = 50


class DocumentSerializer(serializers.ModelSerializer[Document]):
    class Meta:
        model = Document
        exclude: ClassVar = ["source", "content_hash", "stored_hash", "leased_until"]


class DocumentFilter(ProjectFilter):
    state = serializers.ChoiceField(required=False, choices=Document.State.choices)
    external_id = serializers.CharField(required=False)


class NewDocumentFields(serializers.Serializer[Any]):
    project = VisibleProject()
    external_id = serializers.CharField(help_text="Yours: the same again with another content replaces it.")
    content = serializers.CharField(trim_whitespace=False)
    encoding = serializers.ChoiceField(
        choices=("text", "base64"), default="text", help_text="Of `content`; files such as PDF in base64."
    )
    title = serializers.CharField(default="", allow_blank=True)
    type = serializers.ChoiceField(choices=BLOCK_TYPES, default=BlockType.DOC.value)
    metadata = serializers.DictField(default=dict)

    def validate(self, asked: dict[str, Any]) -> dict[str, Any]:
        """With the content as bytes."""
        try:
            return {**asked, "content": _as_bytes(asked["content"], asked.pop("encoding"))}
        except binascii.Error as error:
            raise serializers.ValidationError({"content": "is no base64"}) from error


def _as_bytes(content: str, encoding: str) -> bytes:
    if encoding == "base64":
        return base64.b64decode(content, validate=True)
    return content.encode("utf-8", "replace")


class Search(serializers.Serializer[Any]):
    project = VisibleProject()
    query = serializers.CharField(max_length=_MAX_QUESTION_CHARS)
    top_k = serializers.IntegerField(min_value=1, max_value=_MAX_PASSAGES, default=10)
    types = serializers.ListField(child=serializers.ChoiceField(choices=BLOCK_TYPES), default=list)
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

    @extend_schema(request=NewDocumentFields, responses={202: DocumentSerializer})
    @idempotent
    def create(self, request: Request) -> Response:
        """Queue a document; the answer comes before it is read."""
        asked = self.read(NewDocumentFields)
        new = NewDocument(
            asked["external_id"],
            asked["content"],
            title=asked["title"],
            block_type=BlockType(asked["type"]),
            metadata=asked["metadata"],
        )
        try:
            job = accept_documents(asked["project"], [new])
        except RefusedDocument as error:
            raise serializers.ValidationError({"content": str(error)}) from error
        queued = self.get_queryset().get(jobs=job)
        return Response(DocumentSerializer(queued).data, status=status.HTTP_202_ACCEPTED)

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
