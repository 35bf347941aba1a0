"""One's own draft of a prompt template."""

from __future__ import annotations

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from optimizer_app.api.access import person_of
from optimizer_app.api.collections.prompts.serializers import PromptDraftValues
from optimizer_app.api.view import Collection
from optimizer_app.models import PromptDraft
from optimizer_app.prompts.changes import PARTS
from optimizer_app.prompts.versions.drafts import discard_draft, draft_of, rebase_draft, save_draft


class PromptDraftSerializer(serializers.ModelSerializer[PromptDraft]):
    is_behind = serializers.SerializerMethodField(help_text="Whether others published since it was begun.")

    class Meta:
        model = PromptDraft
        fields: ClassVar = ["base_version", "content", "is_behind", "saved_at"]

    def get_is_behind(self, draft: PromptDraft) -> bool:
        return bool(draft.base_version != draft.template.version)


class PromptDrafts(Collection):
    """What the collection of templates has for drafts."""

    @extend_schema(responses=PromptDraftSerializer)
    @action(detail=True, pagination_class=None)
    def draft(self, request: Request, pk: str) -> Response:
        """Your own draft of the template."""
        return Response(PromptDraftSerializer(self._draft()).data)

    @extend_schema(request=PromptDraftValues, responses={200: PromptDraftSerializer, 204: None})
    @draft.mapping.put
    def save_draft(self, request: Request, pk: str) -> Response:
        """Keep a template as your draft. One that changes nothing of the live version is none."""
        template, asked = self.get_object(), self.read(PromptDraftValues)
        content = {part: asked[part] for part in PARTS}
        return _shown(save_draft(template, person_of(request), content, begun_on=asked.get("base_version")))

    @extend_schema(request=None, responses={204: None})
    @draft.mapping.delete
    def discard_draft(self, request: Request, pk: str) -> Response:
        """Discard your draft."""
        discard_draft(self.get_object(), person_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses={200: PromptDraftSerializer, 204: None})
    @action(detail=True, methods=["post"], url_path="rebase-draft")
    def rebase_draft(self, request: Request, pk: str) -> Response:
        """Put the parts that your draft changes on top of what others published."""
        return _shown(rebase_draft(self._draft()))

    def _draft(self) -> PromptDraft:
        draft = draft_of(self.get_object(), person_of(self.request))
        if draft is None:
            raise NotFound("you have no draft of this template")
        return draft


def _shown(draft: PromptDraft | None) -> Response:
    if draft is None:
        return Response(status=status.HTTP_204_NO_CONTENT)
    return Response(PromptDraftSerializer(draft).data)
