"""A new config, from a preset or from another config."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from dashboard.configs.forms import NewConfigForm
from dashboard.shell.page import render_page, signed_in
from dashboard.shell.scope import Scope
from optimizer_app.configs.create import create_config
from optimizer_app.configs.errors import FieldsRefused
from optimizer_app.models import OptimizationConfig


@signed_in
def new_config(request: HttpRequest) -> HttpResponse:
    """Asks on GET; makes it on POST and leads to it. `start` in the URL names what it starts from."""
    scope = Scope.of_request(request)
    configs = OptimizationConfig.objects.visible_to(request.user).select_related("project")
    form = NewConfigForm(
        request.POST or None, projects=scope.projects, configs=configs, initial=_initial(request, scope)
    )
    if form.is_valid() and (config := _made(request, form)):
        messages.success(request, f"{config} was made. No key uses it yet.")
        return redirect("dashboard:config", config.pk)
    return render_page(request, "dashboard/configs/new.html", scope, {"page": "configs", "form": form})


def _initial(request: HttpRequest, scope: Scope) -> dict[str, str]:
    chosen = {"project": scope.only_project.name} if scope.only_project else {}
    return {**chosen, "start": request.GET["start"]} if "start" in request.GET else chosen


def _made(request: HttpRequest, form: NewConfigForm) -> OptimizationConfig | None:
    """The config; None where it is refused, which the form says then."""
    given = form.cleaned_data
    try:
        return create_config(given["project"], given["name"], given["start"], author=request.user)
    except FieldsRefused as refused:
        for name, reason in refused.problems.items():
            form.add_error(*(("name", f"{reason}.") if name == "name" else (None, f"{name} {reason}.")))
        return None
