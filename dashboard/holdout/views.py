"""The holdout: both groups of a config's conversations side by side."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from dashboard.holdout.rows import finish_rows, metric_rows
from dashboard.shell.page import render_page, signed_in
from dashboard.shell.scope import Scope
from dashboard.shell.select import Select
from optimizer_app.holdout.comparison import compared
from optimizer_app.holdout.configs import compared_configs, holdout_share
from optimizer_app.models import OptimizationConfig

TEMPLATE = "dashboard/holdout/page.html"


@signed_in
def holdout(request: HttpRequest) -> HttpResponse:
    """The comparison of the chosen config, else of the first that holds any out."""
    scope = Scope.of_request(request)
    configs = compared_configs(scope.configs(), scope.window)
    config = _chosen(configs, request.GET.get("config", ""))
    context: dict[str, Any] = {"page": "configs", "config": config, "select": _select(configs, config, scope)}
    if config is not None:
        comparison = compared(config, scope.window)
        context |= {
            "comparison": comparison,
            "rows": metric_rows(comparison),
            "finishes": finish_rows(comparison),
            "share": holdout_share(config),
        }
    return render_page(request, TEMPLATE, scope, context)


def _chosen(configs: list[OptimizationConfig], wanted: str) -> OptimizationConfig | None:
    named = (config for config in configs if str(config.pk) == wanted)
    return next(named, configs[0] if configs and not wanted else None)


def _select(configs: list[OptimizationConfig], config: OptimizationConfig | None, scope: Scope) -> Select:
    options = tuple(
        (str(row.pk), f"{row.project.name}: {row.name}" if scope.shows_projects else row.name)
        for row in configs
    )
    return Select("config", "Config", "First config", options, str(config.pk) if config else "")
