"""A new config, from a preset."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from dashboard.configs.forms import NewConfigForm
from dashboard.shell.page import render_page, signed_in
from dashboard.shell.scope import Scope
from optimizer_app.configs.create import create_config
from optimizer_app.configs.errors import FieldsRefused
from optimizer_app.configs.values import ConfigValues


@signed_in
def new_config(request: HttpRequest) -> HttpResponse:
    """Asks on GET; makes it on POST and leads to it."""
    scope = Scope.of_request(request)
    chosen = scope.only_project.name if scope.only_project else ""
    form = NewConfigForm(request.POST or None, projects=scope.projects, initial={"project": chosen})
    if form.is_valid():
        try:
            config = create_config(
                form.cleaned_data["project"],
                form.cleaned_data["name"],
                ConfigValues(form.cleaned_data["preset"]),
                author=request.user,
            )
        except FieldsRefused as refused:
            for name, reason in refused.problems.items():
                form.add_error(name, f"{reason}.")
        else:
            messages.success(request, f"{config} was made. No key uses it yet.")
            return redirect("dashboard:config", config.pk)
    return render_page(request, "dashboard/configs/new.html", scope, {"page": "configs", "form": form})
