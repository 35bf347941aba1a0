"""Which configs hold conversations out, now or in the time that is looked at."""

from __future__ import annotations

from django.db.models import Q

from optimizer_app.clickhouse.stored import stored_traces
from optimizer_app.models import OptimizationConfig
from optimizer_app.models.configs.config import OptimizationConfigQuerySet
from optimizer_app.rollups.windows import Window


def compared_configs(configs: OptimizationConfigQuerySet, window: Window) -> list[OptimizationConfig]:
    """Those of the configs that have requests of either group in the window, or hold any out now, by name."""
    rows = list(configs.select_related("project").order_by("project__name", "name"))
    took_part = stored_traces().filter(~Q(holdout_group=""), project__in={row.project_id for row in rows})
    known = {(project, name) for project, name, _ in window.of(took_part).counts(("project", "config_name"))}
    return [row for row in rows if (row.project_id, row.name) in known or holdout_share(row)]


def holdout_share(config: OptimizationConfig) -> float:
    """The share that the live version holds out."""
    return float(config.fields.get("holdout_share") or 0)
