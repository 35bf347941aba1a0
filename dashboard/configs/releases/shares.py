"""A version on a share of keys or conversations: both sides compared, and the end of it by one click."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from dashboard.configs.page import posted, visible_config
from dashboard.configs.releases.forms import AnywayForm, add_refused
from dashboard.configs.releases.publishing import redirect_after, release_page
from dashboard.shell.page import signed_in
from optimizer_app.configs.errors import FieldsRefused, NoShare
from optimizer_app.configs.usage import active_keys_of
from optimizer_app.configs.versions.membership import member_keys
from optimizer_app.configs.versions.shares import roll_back_share
from optimizer_app.models import ApiKey, ConfigShare, OptimizationConfig
from optimizer_app.releases.errors import CasesFailed
from optimizer_app.releases.publish import publish_share_checked
from optimizer_app.releases.runs import CaseResult
from optimizer_app.releases.sides import SideFigures, sides_of


@dataclass(frozen=True, slots=True)
class RunningShare:
    """The share with what both sides came to. `keys` are those in it, where keys are shared."""

    share: ConfigShare
    sides: tuple[SideFigures, SideFigures]
    keys: list[ApiKey]
    key_count: int


def running_share(config: OptimizationConfig) -> RunningShare | None:
    share = config.running_share
    if share is None:
        return None
    keys = active_keys_of(config)
    by_keys = share.by == ConfigShare.By.KEYS
    members = member_keys(share.seed, share.percent, keys) if by_keys else []
    return RunningShare(share, sides_of(share), members, len(keys))


@signed_in
@posted
def publish_to_all(request: HttpRequest, config_id: uuid.UUID) -> HttpResponse:
    """The share's version for all. Where regression cases fail, asks for a reason first."""
    config = visible_config(request, config_id)
    form, failing = AnywayForm(request.POST), list[CaseResult]()
    if form.is_valid():
        try:
            return redirect_after(
                request, config, lambda: publish_share_checked(config, request.user, **form.cleaned_data)
            )
        except CasesFailed as refused:
            failing = refused.failing
            form.add_error(None, f"{refused}. See below which.")
        except FieldsRefused as refused:
            add_refused(form, refused)
    context = {"form": form, "failing": failing, "share": config.running_share}
    return release_page(request, "dashboard/configs/releases/to_all.html", config, context)


@signed_in
@posted
def roll_back(request: HttpRequest, config_id: uuid.UUID) -> HttpResponse:
    config = visible_config(request, config_id)
    try:
        share = roll_back_share(config, request.user)
    except NoShare as refused:
        messages.error(request, f"Nothing was rolled back: {refused}.")
    else:
        text = f"v{share.version.number} was rolled back: all requests meet v{config.version} again."
        messages.success(request, text)
    return redirect("dashboard:config", config.pk)
