"""The models that the list can be filtered by."""

from __future__ import annotations

from dashboard.requests.listing import models_seen
from optimizer_app.models import Project, RequestTrace
from tests.dashboard.traces.rows import make_trace


def test_models_seen(project: Project) -> None:
    for model in ("gpt-4o", "claude", "", "gpt-4o"):
        make_trace(project, model=model)
    assert models_seen(RequestTrace.objects.all()) == ["claude", "gpt-4o"]
