"""The audit log, as far as whoever asks may see it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers

from optimizer_app.api.fields import VisibleProject
from optimizer_app.api.view import Collection
from optimizer_app.models import ApiToken, AuditEntry


class AuditSerializer(serializers.ModelSerializer[AuditEntry]):
    class Meta:
        model = AuditEntry
        fields: ClassVar = [
            "id",
            "at",
            "project_id",
            "actor_name",
            "address",
            "via",
            "action",
            "kind",
            "object_id",
            "object_name",
            "changes",
        ]


class AuditQuery(serializers.Serializer[Any]):
    project = VisibleProject(required=False, help_text="Only entries of this project.")
    action = serializers.ChoiceField(choices=AuditEntry.Action.choices, required=False)
    kind = serializers.CharField(required=False)
    since = serializers.DateTimeField(required=False)


@extend_schema_view(list=extend_schema(parameters=[AuditQuery]))
class AuditView(Collection):
    """Who changed what, and who signed in or failed to: for owners of a project, else one's own deeds."""

    queryset = AuditEntry.objects.none()
    serializer_class = AuditSerializer
    filters = AuditQuery
    ordering = ("-id",)
    lookup_value_regex = "[0-9]{1,18}"

    def get_queryset(self) -> QuerySet[AuditEntry]:
        """A token that is bound to projects sees the entries of these."""
        entries = AuditEntry.objects.visible_to(self.request.user)
        token = self.request.auth
        if isinstance(token, ApiToken) and token.is_bounded:
            return entries.filter(project_id__in=self.projects.values("pk"))
        return entries

    def filtered(self, rows: QuerySet[Any], asked: dict[str, Any]) -> QuerySet[Any]:
        if "project" in asked:
            rows = rows.filter(project_id=asked["project"].pk)
        if "since" in asked:
            rows = rows.filter(at__gte=asked["since"])
        return rows.filter(**{name: asked[name] for name in ("action", "kind") if name in asked})
