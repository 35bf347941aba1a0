"""Configs: what is set, who uses it, which model embeds? Editing is the admin's."""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from dashboard.configs.rows import config_rows, differences, embedding_of, problem
from dashboard.shell.page import render_page, signed_in
from dashboard.shell.scope import Scope
from optimizer_app.configs.usage import keys_of
from optimizer_app.models import OptimizationConfig


@signed_in
def config_list(request: HttpRequest) -> HttpResponse:
    scope = Scope.of_request(request)
    rows = config_rows(scope.configs().select_related("project"))
    return render_page(request, "dashboard/configs/list.html", scope, {"page": "configs", "rows": rows})


@signed_in
def config_page(request: HttpRequest, config_id: uuid.UUID) -> HttpResponse:
    """404 for a config of another project, as for one that never was."""
    visible = OptimizationConfig.objects.visible_to(request.user).select_related("project")
    config = get_object_or_404(visible, pk=config_id)
    context = {
        "page": "configs",
        "config": config,
        "problem": problem(config),
        "differences": differences(config),
        "keys": keys_of(config),
        "embedding": embedding_of(config),
    }
    return render_page(request, "dashboard/configs/config.html", Scope.of_request(request), context)
