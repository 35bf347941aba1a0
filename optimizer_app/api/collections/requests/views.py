"""One's own saved views of the list of requests."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from optimizer_app.api.access import person_of
from optimizer_app.api.fields import ProjectFilter, VisibleProject
from optimizer_app.api.view import Collection
from optimizer_app.models import Role, SavedView
from optimizer_app.saved_views import ViewRefused, rename_view, save_view


class ViewSerializer(serializers.ModelSerializer[SavedView]):
    class Meta:
        model = SavedView
        fields: ClassVar = ["id", "project", "name", "query", "created_at"]


class NewView(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=SavedView.MAX_NAME_CHARS)
    project = VisibleProject(allow_null=True, default=None, help_text="None: of all projects together.")
    query = serializers.CharField(
        max_length=1000, allow_blank=True, default="", help_text="As in the URL: `flag=failed&model=gpt-4o`"
    )


class RenamedView(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=SavedView.MAX_NAME_CHARS)


class SavedViewsView(Collection):
    """Named sets of filters of the list of requests, each one's own."""

    queryset = SavedView.objects.none()
    serializer_class = ViewSerializer
    filters = ProjectFilter
    ordering = ("name", "id")
    roles: ClassVar = {"create": Role.VIEWER, "partial_update": Role.VIEWER, "destroy": Role.VIEWER}

    def get_queryset(self) -> QuerySet[SavedView]:
        visible = Q(project=None) | Q(project__in=self.projects)
        return SavedView.objects.filter(visible, user=self.request.user.pk)

    @extend_schema(request=NewView, responses={201: ViewSerializer})
    def create(self, request: Request) -> Response:
        """Save filters under a name."""
        asked = self.read(NewView)
        try:
            view = save_view(person_of(request), asked["project"], asked["name"], asked["query"])
        except ViewRefused as error:
            raise ValidationError({"name": str(error)}) from error
        return Response(ViewSerializer(view).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=RenamedView, responses=ViewSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Call the view something else."""
        try:
            view = rename_view(self.get_object(), self.read(RenamedView)["name"])
        except ViewRefused as error:
            raise ValidationError({"name": str(error)}) from error
        return Response(ViewSerializer(view).data)

    def destroy(self, request: Request, pk: str) -> Response:
        """Delete the view."""
        self.get_object().delete()
        return Response(status=status.HTTP_204_NO_CONTENT)
