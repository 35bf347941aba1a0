"""The playground: what would happen to my prompt? Nothing of it is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_http_methods, require_POST

from dashboard.playground.answers import answer_lines
from dashboard.playground.asking import offer, questions_of
from dashboard.playground.desk import ASK, RUN, Desk, desk_of
from dashboard.playground.results import ColumnResult, column_results
from dashboard.playground.saved import FORGET, SAVE, act
from dashboard.shell.page import for_role, render_page, signed_in
from dashboard.shell.scope import Scope
from optimizer_app.models import PlaygroundExample, Role
from optimizer_app.playground.asking import NotAnswered
from optimizer_app.playground.costs import compared_models
from optimizer_app.playground.examples import shipped_examples
from optimizer_app.playground.stored.sets import sets_of
from optimizer_app.playground.trial import run_trials
from token_optimizer.errors import PromptError

TEMPLATE = "dashboard/playground/page.html"
NDJSON = "application/x-ndjson"


def _role_for(request: HttpRequest) -> Role:
    """Trying a prompt changes nothing; saving it does, and asking the model costs money."""
    do = request.POST.get("do", RUN).partition("-")[0]
    return Role.EDITOR if do in (ASK, SAVE, FORGET) else Role.VIEWER


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@for_role(_role_for)
def playground(request: HttpRequest) -> HttpResponse:
    """Asks on GET, with the settings of the URL; a POST tries the prompt, or changes what is asked."""
    scope = Scope.of_request(request)
    desk = desk_of(request, scope)
    context: dict[str, Any] = {"page": "playground", "desk": desk, "examples": shipped_examples()}
    if desk is not None:
        act(request, desk)
        readable = PlaygroundExample.objects.readable_by(request.user).filter(project=desk.project)
        context["saved"] = readable.without_texts().select_related("author")
        context["sets"] = sets_of(desk.project)
        context["results"] = _with_offers(desk, _results(desk))
        context["models"] = compared_models("", desk.project)
    response = render_page(request, TEMPLATE, scope, context)
    patch_cache_control(response, no_store=True)
    return response


@require_POST
@signed_in
@for_role(Role.EDITOR)
def ask(request: HttpRequest) -> HttpResponseBase:
    """Both answers for the page's script, as they come."""
    desk = desk_of(request, Scope.of_request(request))
    results = _results(desk) if desk is not None else []
    column = next((result for result in results if desk and result.column.number == desk.asked), None)
    if desk is None or desk.form.prompt is None or column is None:
        return HttpResponse("The prompt or a setting has to be corrected first.", status=400)
    try:
        questions = questions_of(desk.project, desk.form.prompt, column)
    except NotAnswered as error:
        return HttpResponse(str(error), status=400)
    headers = {"Cache-Control": "private, no-store", "X-Accel-Buffering": "no"}
    return StreamingHttpResponse(answer_lines(questions), headers=headers, content_type=NDJSON)


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


def _with_offers(desk: Desk, results: Sequence[ColumnResult]) -> list[ColumnResult]:
    """The results with what asking the model with each would cost, and the answers where it was asked."""
    if desk.form.prompt is None:
        return []
    asked = desk.asked
    return [
        replace(
            result,
            offer=offer(desk.project, desk.form.prompt, result, is_asked=result.column.number == asked),
        )
        for result in results
    ]
