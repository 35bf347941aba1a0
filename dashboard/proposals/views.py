"""Proposals: their list, one with its evidence, and what is done with it."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from dashboard.shell.page import render_page, signed_in
from dashboard.shell.scope import Scope
from dashboard.shell.versioned import posted_to
from optimizer_app.clickhouse.client import ClickHouseAway
from optimizer_app.models import OptimizationConfig, TuningProposal
from optimizer_app.tuning.proposals import NotOpen, accept, dismiss, propose
from token_optimizer.config_fields import SERVICE_FIELDS

MAX_PROPOSALS = 100


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One field's change, in words."""

    title: str
    field: str
    before: str
    after: str
    why: str
    evidence: list[dict[str, Any]]


class DismissForm(forms.Form):
    reason = forms.CharField(max_length=500, strip=True)


@signed_in
def proposal_list(request: HttpRequest) -> HttpResponse:
    scope = Scope.of_request(request)
    configs = list(scope.configs().select_related("project").order_by("project__name", "name"))
    found = TuningProposal.objects.filter(config__in=configs).select_related("config__project", "decided_by")
    rows = [(proposal, _titles(proposal)) for proposal in found[:MAX_PROPOSALS]]
    context = {"page": "configs", "proposals": rows, "configs": configs}
    return render_page(request, "dashboard/proposals/list.html", scope, context)


@signed_in
def proposal_page(request: HttpRequest, proposal_id: uuid.UUID) -> HttpResponse:
    proposal = _visible(request, proposal_id)
    rows = [_row(change) for change in proposal.changes]
    context = {"page": "configs", "proposal": proposal, "rows": rows}
    return render_page(request, "dashboard/proposals/proposal.html", Scope.of_request(request), context)


@signed_in
@posted_to("dashboard:config")
def look(request: HttpRequest, config_id: uuid.UUID) -> HttpResponse:
    """Look now at what happened to one config."""
    config = get_object_or_404(OptimizationConfig.objects.visible_to(request.user), pk=config_id)
    try:
        proposal = propose(config, timezone.now())
    except ClickHouseAway:
        messages.error(
            request, "ClickHouse does not answer, and has a part of the last 30 days: look again later."
        )
        return redirect("dashboard:proposals")
    if proposal is not None:
        return redirect("dashboard:proposal", proposal.pk)
    messages.success(request, "Nothing that happened in the last 30 days speaks for a change.")
    return redirect("dashboard:proposals")


@signed_in
@posted_to("dashboard:proposal")
def accept_proposal(request: HttpRequest, proposal_id: uuid.UUID) -> HttpResponse:
    """The changes as the reader's draft, on the way to publishing it."""
    proposal = _visible(request, proposal_id)
    try:
        accept(proposal, request.user)
    except NotOpen as error:
        messages.error(request, f"{str(error).capitalize()}.")
        return redirect("dashboard:proposal", proposal.pk)
    messages.success(request, "The changes are your draft now: look at it, and publish it.")
    return redirect("dashboard:publish_config", proposal.config_id)


@signed_in
@posted_to("dashboard:proposal")
def dismiss_proposal(request: HttpRequest, proposal_id: uuid.UUID) -> HttpResponse:
    proposal, form = _visible(request, proposal_id), DismissForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Say in a few words why it is dismissed.")
        return redirect("dashboard:proposal", proposal.pk)
    try:
        dismiss(proposal, request.user, form.cleaned_data["reason"])
    except NotOpen as error:
        messages.error(request, f"{str(error).capitalize()}.")
    return redirect("dashboard:proposal", proposal.pk)


def _visible(request: HttpRequest, proposal_id: uuid.UUID) -> TuningProposal:
    """404 for a proposal of another project, as for one that never was."""
    visible = TuningProposal.objects.visible_to(request.user).select_related("config__project", "decided_by")
    return get_object_or_404(visible, pk=proposal_id)


def _row(change: dict[str, Any]) -> ChangeRow:
    name = change["field"]
    before, after = (_value(change[side]) for side in ("before", "after"))
    return ChangeRow(_title(name), name, before, after, change["why"], change["evidence"])


def _titles(proposal: TuningProposal) -> str:
    return ", ".join(_title(change["field"]) for change in proposal.changes)


def _title(name: str) -> str:
    return SERVICE_FIELDS[name].title if name in SERVICE_FIELDS else name


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} = {item:g}" for name, item in value.items()) or "as measured"
    if isinstance(value, list):
        return ", ".join(value) or "none"
    return json.dumps(value)
