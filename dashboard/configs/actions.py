"""What is done with a whole config: exported, imported into a draft, made the default, deleted."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from dashboard.configs.fields import title_of
from dashboard.configs.page import posted, visible_config
from dashboard.shell.page import render_page, signed_in
from dashboard.shell.scope import Scope
from optimizer_app.configs.create import make_default
from optimizer_app.configs.errors import FieldsRefused, FileRefused, StillUsed
from optimizer_app.configs.files import MAX_FILE_BYTES, exported, imported
from optimizer_app.configs.remove import delete_config
from optimizer_app.configs.usage import active_keys_of
from optimizer_app.configs.values import ConfigValues
from optimizer_app.configs.versions.drafts import save_draft


@signed_in
def export(request: HttpRequest, config_id: uuid.UUID) -> HttpResponse:
    """The live version as a file."""
    config = visible_config(request, config_id)
    name = f"{config}-v{config.version}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    text = exported(config.name, ConfigValues.of(config))
    return HttpResponse(text, content_type="application/json", headers=headers)


@signed_in
@posted
def import_file(request: HttpRequest, config_id: uuid.UUID) -> HttpResponse:
    """A file's values as the reader's draft."""
    config = visible_config(request, config_id)
    file = request.FILES.get("file")
    try:
        if file is None:
            raise FileRefused("no file was chosen")
        save_draft(config, request.user, imported(file.read(MAX_FILE_BYTES + 1)))
    except FileRefused as refused:
        messages.error(request, f"The file was not taken in: {refused}.")
    except FieldsRefused as refused:
        for name, reason in refused.problems.items():
            messages.error(request, f"The file was not taken in: {title_of(name)} {reason}.")
    else:
        messages.success(request, "The file is your draft now. Publish it to make it live.")
    return redirect("dashboard:config", config.pk)


@signed_in
@posted
def use_as_default(request: HttpRequest, config_id: uuid.UUID) -> HttpResponse:
    config = visible_config(request, config_id)
    make_default(config)
    messages.success(request, f"Keys of {config.project} that name no config use {config} from now on.")
    return redirect("dashboard:config", config.pk)


@signed_in
def delete(request: HttpRequest, config_id: uuid.UUID) -> HttpResponse:
    """Asks on GET, deletes on POST; says who uses it where somebody does."""
    config = visible_config(request, config_id)
    if request.method == "POST":
        try:
            delete_config(config)
        except StillUsed:
            return redirect("dashboard:delete_config", config.pk)
        messages.success(request, f"{config} was deleted.")
        return redirect("dashboard:configs")
    context = {"page": "configs", "config": config, "keys": active_keys_of(config)}
    return render_page(request, "dashboard/configs/delete.html", Scope.of_request(request), context)
