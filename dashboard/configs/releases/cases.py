"""Regression cases: listed on a config's page, run, deleted; a new one from what should have stayed."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_POST

from dashboard.configs.page import posted, visible_config
from dashboard.configs.releases.case_form import CaseForm
from dashboard.configs.releases.case_start import start_of
from dashboard.shell.page import for_role, render_page, signed_in
from dashboard.shell.scope import Scope
from optimizer_app.configs.values import ConfigValues
from optimizer_app.models import OptimizationConfig, Project, RegressionCase, RegressionResult, Role
from optimizer_app.playground.examples import shipped_examples
from optimizer_app.releases.cases import make_case
from optimizer_app.releases.errors import CaseRefused
from optimizer_app.releases.runs import failing, run_cases
from token_optimizer.errors import ConfigError


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case, and how it last did under the config; None where it has not been run."""

    case: RegressionCase
    result: RegressionResult | None


def case_rows(config: OptimizationConfig) -> list[CaseRow]:
    cases = RegressionCase.objects.filter(project=config.project_id).without_texts().select_related("author")
    results = {result.case_id: result for result in RegressionResult.objects.filter(config=config)}
    return [CaseRow(case, results.get(case.pk)) for case in cases]


@signed_in
@posted
def run(request: HttpRequest, config_id: uuid.UUID) -> HttpResponse:
    """All cases under the live version."""
    config = visible_config(request, config_id)
    try:
        results = run_cases(config, ConfigValues.of(config), version=config.version)
    except (ConfigError, TypeError) as error:
        messages.error(request, f"The cases were not run: {error}.")
    else:
        _say(request, len(results), len(failing(results)), config.version)
    return redirect(reverse("dashboard:config", args=[config.pk]) + "#cases")


@require_POST
@signed_in
def delete(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    case = get_object_or_404(RegressionCase.objects.visible_to(request.user), pk=case_id)
    case.delete()
    messages.success(request, f"The case {case} was deleted.")
    return _back(request, case.project)


@signed_in
@for_role(Role.EDITOR)
def new_case(request: HttpRequest) -> HttpResponse:
    """Asks on GET, and on the playground's POST, with what is known filled in; makes it on its own POST."""
    scope = Scope.of_request(request)
    project = _project(request, scope)
    start = start_of(request, project)
    is_own = request.POST.get("do") == "make"
    form = CaseForm(request.POST if is_own else None, initial=start.fields)
    if is_own and form.is_valid() and (case := _made(request, project, form)):
        messages.success(request, f"{case} is a case of {project} now: every publishing runs it.")
        return _back(request, project)
    context = {
        "page": "configs",
        "form": form,
        "case_project": project,
        "start": start,
        "from_config": request.POST.get("from_config", "") or request.GET.get("config", ""),
        "saved": project.playground_examples.without_texts(),
        "examples": shipped_examples(),
    }
    response = render_page(request, "dashboard/configs/releases/new_case.html", scope, context)
    patch_cache_control(response, no_store=True)
    return response


def _made(request: HttpRequest, project: Project, form: CaseForm) -> RegressionCase | None:
    """The case; None where it is refused, which the form says then."""
    given = form.cleaned_data
    try:
        return make_case(project, given["name"], form.texts(), request.user, given["request"])
    except CaseRefused as refused:
        form.add_error(refused.field, f"{str(refused)[:1].upper()}{str(refused)[1:]}.")
        return None


def _project(request: HttpRequest, scope: Scope) -> Project:
    """The project that is named, else the reader's only one."""
    name = request.POST.get("project", "") or request.GET.get("project", "")
    found = next((project for project in scope.projects if project.name == name), None)
    project = found or scope.only_project
    if project is None:
        raise Http404("no such project among yours")
    return project


def _back(request: HttpRequest, project: Project) -> HttpResponse:
    """To the config that the reader came from, else the default one, whose page lists the cases."""
    configs = list(project.configs.order_by("-is_default", "name"))
    asked = request.POST.get("from_config", "")
    config = next((row for row in configs if str(row.pk) == asked), next(iter(configs), None))
    if config is None:
        return redirect("dashboard:configs")
    return redirect(reverse("dashboard:config", args=[config.pk]) + "#cases")


def _say(request: HttpRequest, count: int, failed: int, version: int) -> None:
    cases = f"{count} case{'' if count == 1 else 's'}"
    if failed:
        messages.error(request, f"{failed} of {cases} failed under v{version}.")
    else:
        messages.success(request, f"{cases} passed under v{version}.")
