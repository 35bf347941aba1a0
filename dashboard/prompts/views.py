"""The list of templates, a new one, and one that goes."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from dashboard.prompts.forms import NewPromptForm
from dashboard.prompts.page import prompt_page, visible_template
from dashboard.shell.page import render_page, signed_in
from dashboard.shell.scope import Scope
from optimizer_app.models import PromptTemplate
from optimizer_app.prompts.create import create_template
from optimizer_app.prompts.errors import ContentRefused


@signed_in
def prompt_list(request: HttpRequest) -> HttpResponse:
    scope = Scope.of_request(request)
    rows = PromptTemplate.objects.filter(project__in=scope.chosen_projects).select_related("project")
    return render_page(request, "dashboard/prompts/list.html", scope, {"page": "prompts", "rows": rows})


@signed_in
def new_prompt(request: HttpRequest) -> HttpResponse:
    """Asks on GET; makes it on POST and leads to its editor."""
    scope = Scope.of_request(request)
    chosen = {"project": scope.only_project.name} if scope.only_project else {}
    form = NewPromptForm(request.POST or None, projects=scope.projects, initial=chosen)
    if form.is_valid():
        try:
            template = create_template(form.cleaned_data["project"], form.cleaned_data["name"])
        except ContentRefused as refused:
            form.add_error("name", f"{refused.problems['name']}.")
        else:
            return redirect("dashboard:prompt", template.pk)
    return render_page(request, "dashboard/prompts/new.html", scope, {"page": "prompts", "form": form})


@signed_in
def delete(request: HttpRequest, template_id: uuid.UUID) -> HttpResponse:
    """Asks on GET, deletes on POST."""
    template = visible_template(request, template_id)
    if request.method == "POST":
        template.delete()
        messages.success(request, f"{template} was deleted.")
        return redirect("dashboard:prompts")
    return prompt_page(request, "delete", template, {})
