"""The playground: what would happen to my prompt? Nothing of it is stored."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_http_methods

from dashboard.playground.desk import Desk, desk_of
from dashboard.playground.results import ColumnResult, column_results
from dashboard.shell.page import render_page, signed_in
from dashboard.shell.scope import Scope
from optimizer_app.playground.costs import compared_models
from optimizer_app.playground.examples import shipped_examples
from optimizer_app.playground.trial import run_trials
from token_optimizer.errors import PromptError

TEMPLATE = "dashboard/playground/page.html"


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def playground(request: HttpRequest) -> HttpResponse:
    """Asks on GET, with the settings of the URL; a POST tries the prompt, or changes what is asked."""
    scope = Scope.of_request(request)
    desk = desk_of(request, scope)
    context: dict[str, Any] = {"page": "playground", "desk": desk, "examples": shipped_examples()}
    if desk is not None:
        context["results"] = _results(desk)
        context["models"] = compared_models("", desk.project)
    response = render_page(request, TEMPLATE, scope, context)
    patch_cache_control(response, no_store=True)
    return response


def _results(desk: Desk) -> list[ColumnResult]:
    """What became of the prompt in each column; none where a field has to be corrected first."""
    if not desk.is_valid or desk.form.prompt is None:
        return []
    tried = [column.tried for column in desk.columns if column.tried is not None]
    try:
        results = run_trials(desk.form.prompt, tried, desk.project)
    except PromptError as error:
        desk.form.add_error("text", f"{error}.")
        return []
    return column_results(desk.form.prompt, desk.columns, results, desk.project)
