"""Which requests the figures are of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request

from optimizer_app.api.access import projects_of
from optimizer_app.api.fields import ProjectFilter
from optimizer_app.clickhouse.stored import TraceRows, stored_traces
from optimizer_app.rollups.reading import Selection
from optimizer_app.rollups.windows import DEFAULT_RANGE, RANGES, Window


class WindowFilter(ProjectFilter):
    range = serializers.ChoiceField(choices=list(RANGES), default=DEFAULT_RANGE)


class SelectionFilter(WindowFilter):
    config = serializers.CharField(required=False, source="config_name", help_text="The name of a config.")
    version = serializers.IntegerField(required=False, min_value=1, source="config_version")
    model = serializers.CharField(required=False)
    key = serializers.UUIDField(required=False, source="api_key_id", help_text="The id of an API key.")
    tag = serializers.CharField(required=False)
    route = serializers.CharField(required=False)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The requests of a selection in a window."""

    selection: Selection
    window: Window

    def traces(self) -> TraceRows:
        of_projects = stored_traces().filter(project__in=self.selection.project_ids)
        return self.window.of(of_projects).filter(**self.selection.chosen)


def asked(request: Request, filters: type[WindowFilter]) -> dict[str, Any]:
    """The checked query."""
    query = filters(data=request.query_params, context={"projects": projects_of(request)})
    query.is_valid(raise_exception=True)
    found: dict[str, Any] = query.validated_data
    return found


def chosen(request: Request, query: dict[str, Any]) -> Chosen:
    """The requests that the checked query asks for, of the projects that whoever asks may see."""
    given = dict(query)
    window = Window.ending_at(timezone.now(), RANGES[given.pop("range")])
    project = given.pop("project", None)
    ids = (project.pk,) if project else tuple(projects_of(request).values_list("pk", flat=True))
    return Chosen(Selection(ids, **given), window)
