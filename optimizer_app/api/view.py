"""What every collection shares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import Http404
from rest_framework import mixins
from rest_framework.exceptions import PermissionDenied
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from optimizer_app.api.access import StaffChanges, projects_of
from optimizer_app.models import Role
from optimizer_app.models.projects.project import ProjectQuerySet
from optimizer_app.models.projects.roles import need_role, needed_role


class OfTheInstance(APIView):
    """What holds for the whole instance: everybody may look at it, and staff may change it."""

    def get_permissions(self) -> list[Any]:
        return [*super().get_permissions(), StaffChanges()]


class Collection(mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet[Any]):
    """Rows of the projects that whoever asks may see; those of others do not exist.

    `filters` reads the query of a list: a value that cannot be used is an error that names it. `roles` has
    what actions need where it is not viewer to look and editor to change.
    """

    lookup_value_regex = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    filters: ClassVar[type[BaseSerializer[Any]] | None] = None
    roles: ClassVar[Mapping[str, Role]] = {}

    @property
    def projects(self) -> ProjectQuerySet:
        return projects_of(self.request)

    def get_object(self) -> Any:
        """The row that the address names; a 403 for one that may only be looked at."""
        role = needed_role(self.request.user)
        try:
            return super().get_object()
        except Http404:
            need_role(self.request.user, Role.VIEWER)
            if role == Role.VIEWER or not self.get_queryset().filter(pk=self.kwargs["pk"]).exists():
                raise
            raise PermissionDenied(
                f"your role in its project does not allow this: it is for {role}s"
            ) from None

    def read(self, serializer: type[BaseSerializer[Any]], data: Any = None) -> dict[str, Any]:
        """The checked fields of what was sent."""
        asked = serializer(
            data=self.request.data if data is None else data, context={"projects": self.projects}
        )
        asked.is_valid(raise_exception=True)
        checked: dict[str, Any] = asked.validated_data
        return checked

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Of a list the rows that the query's filters let through."""
        if self.action != "list" or self.filters is None:
            return queryset
        return self.filtered(queryset, self.read(self.filters, self.request.query_params))

    def filtered(self, rows: QuerySet[Any], asked: dict[str, Any]) -> QuerySet[Any]:
        """The rows with the checked filters applied, each of which is a field's value."""
        return rows.filter(**asked)
