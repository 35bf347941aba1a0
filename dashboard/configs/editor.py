"""The editor of a config: its fields, the draft that is saved as one types, presets, patterns tried."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect

from dashboard.configs.fields import ConfigForm
from dashboard.configs.page import SHOWN_VERSIONS, editor_context, posted, state_context, visible_config
from dashboard.configs.releases.cases import case_rows
from dashboard.configs.releases.shares import running_share
from dashboard.shell.forms import with_reset
from dashboard.shell.page import for_role, is_live_refresh, render_page, signed_in
from dashboard.shell.scope import Scope
from dashboard.shell.versioned import DraftActions
from optimizer_app.configs.patterns import tried
from optimizer_app.configs.values import ConfigValues
from optimizer_app.configs.versions.drafts import discard_draft, draft_of, rebase_draft, save_draft
from optimizer_app.configs.versions.shares import shares_of
from optimizer_app.models import OptimizationConfig, Role
from token_optimizer.config import PRESETS

PAGE = "dashboard/configs/config.html"
STATE = "dashboard/configs/editor/state.html"
PATTERNS = "dashboard/configs/editor/tried_patterns.html"
DRAFTS = DraftActions("dashboard:config", draft_of, discard_draft, rebase_draft)


@signed_in
def config_page(request: HttpRequest, config_id: uuid.UUID) -> HttpResponse:
    """The draft of the reader, else the live version."""
    config = visible_config(request, config_id)
    return shown(request, config, form_of(request, config))


@signed_in
@posted
def save(request: HttpRequest, config_id: uuid.UUID) -> HttpResponse:
    """Keep what can be used of what was typed, and go on to what was pressed."""
    config = visible_config(request, config_id)
    form = posted_form(request, config)
    is_valid = form.is_valid()
    save_draft(config, request.user, _with_preset(form.values(), request.POST), begun_on=_base_version(form))
    if is_live_refresh(request):
        return _state(request, config, form)
    if not is_valid:
        return shown(request, config, form)
    if request.POST.get("then") == "publish":
        return redirect("dashboard:publish_config", config.pk)
    return redirect("dashboard:config", config.pk)


@signed_in
@posted
def discard(request: HttpRequest, config_id: uuid.UUID) -> HttpResponse:
    return DRAFTS.discard(request, visible_config(request, config_id))


@signed_in
@posted
def rebase(request: HttpRequest, config_id: uuid.UUID) -> HttpResponse:
    return DRAFTS.rebase(request, visible_config(request, config_id))


@signed_in
@for_role(Role.VIEWER)
@posted
def try_patterns(request: HttpRequest, config_id: uuid.UUID) -> HttpResponse:
    """Which lines of a sample the typed patterns would drop. The sample is not stored."""
    config = visible_config(request, config_id)
    sample = request.POST.get("sample", "")
    context = {"tried": tried(request.POST.get("junk_regexes", "").splitlines(), sample), "sample": sample}
    if is_live_refresh(request):
        return render_page(request, PATTERNS, Scope.of_request(request), context)
    form = posted_form(request, config)
    form.is_valid()
    return shown(request, config, form, context)


def form_of(request: HttpRequest, config: OptimizationConfig) -> ConfigForm:
    """The form as it is stored."""
    draft = draft_of(config, request.user)
    known = ConfigValues.of(draft or config)
    return ConfigForm(None, known=known, base_version=draft.base_version if draft else config.version)


def posted_form(request: HttpRequest, config: OptimizationConfig) -> ConfigForm:
    """The form as it was sent, over what is stored."""
    stored = form_of(request, config)
    data = with_reset(request.POST, stored.notes)
    return ConfigForm(data, known=stored.known, base_version=stored.initial["base_version"])


def shown(
    request: HttpRequest, config: OptimizationConfig, form: ConfigForm, more: dict[str, Any] | None = None
) -> HttpResponse:
    context = {**editor_context(request, config, form), **_release_context(config), **(more or {})}
    return render_page(request, PAGE, Scope.of_request(request), context)


def _release_context(config: OptimizationConfig) -> dict[str, Any]:
    """The share that runs and those that ran, and the regression cases."""
    return {
        "running": running_share(config),
        "shares": shares_of(config)[:SHOWN_VERSIONS],
        "cases": case_rows(config),
    }


def _state(request: HttpRequest, config: OptimizationConfig, form: ConfigForm) -> HttpResponse:
    return render_page(request, STATE, Scope.of_request(request), state_context(request, config, form))


def _with_preset(values: ConfigValues, posted: QueryDict) -> ConfigValues:
    """The values on another preset where one was pressed: one's own fields stay, unless all go back to it."""
    preset = posted.get("use_preset", "")
    if preset in PRESETS:
        return ConfigValues.differing(preset, values.fields)
    return ConfigValues(values.preset) if posted.get("reset") == "all" else values


def _base_version(form: ConfigForm) -> int | None:
    number: int | None = form.cleaned_data.get("base_version")
    return number
