"""Prices: what does each model cost here, and who says so?"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from dashboard.prices.forms import PriceForm, RulesForm
from dashboard.prices.rows import listed
from dashboard.shell.page import for_staff, render_page
from dashboard.shell.scope import Scope
from optimizer_app.prices.entries import PRICE_NAMES
from optimizer_app.prices.file import price_source
from optimizer_app.prices.listing import PricedModel, price_list, priced_model_named
from optimizer_app.prices.overrides import remove_override, set_override
from optimizer_app.prices.rules import set_rules


@for_staff
def price_page(request: HttpRequest) -> HttpResponse:
    scope = Scope.of_request(request)
    models = price_list(scope.traces())
    name, sort = request.GET.get("name", "").strip(), request.GET.get("sort", "")
    context: dict[str, Any] = {
        "page": "prices",
        "models": models,
        "rows": listed(models, name=name, sort=sort),
        "unpriced": sum(not model.has_price for model in models),
        "name": name,
        "sort": sort,
        "source": price_source(),
    }
    return render_page(request, "dashboard/prices/page.html", scope, context)


@for_staff
def price_of_model(request: HttpRequest) -> HttpResponse:
    """Asks on GET for the price of `?model=`, or of a model that is named in the form; sets it on POST."""
    scope = Scope.of_request(request)
    found = priced_model_named(request.GET.get("model", ""), scope.traces())
    form = PriceForm(request.POST or None, initial=_initial(found))
    if form.is_valid():
        override = set_override(form.cleaned_data["model"], form.prices(), _author(request))
        return _to_list(request, scope, f"{override} has this price from the next request on.")
    return _form_page(request, scope, found, form, RulesForm(initial=_rules(found)))


@for_staff
@require_POST
def rules_of_model(request: HttpRequest) -> HttpResponse:
    """Sets the window and the cache rules of `?model=`; an empty form takes back what was set."""
    scope = Scope.of_request(request)
    found = priced_model_named(request.GET.get("model", ""), scope.traces())
    form = RulesForm(request.POST)
    if not found.model or not form.is_valid():
        return _form_page(request, scope, found, PriceForm(initial=_initial(found)), form)
    set_rules(found.model, form.values(), _author(request))
    changed = f"{found.model} has this window and these cache rules from the next request on."
    return _to_list(request, scope, changed)


def _author(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None


def _to_list(request: HttpRequest, scope: Scope, changed: str) -> HttpResponse:
    """Back to the list of models, which says what was changed."""
    messages.success(request, changed)
    return redirect(reverse("dashboard:prices") + scope.suffix)


def _form_page(
    request: HttpRequest, scope: Scope, found: PricedModel, form: PriceForm, rules: RulesForm
) -> HttpResponse:
    context = {"page": "prices", "form": form, "rules": rules, "found": found, "source": price_source()}
    return render_page(request, "dashboard/prices/price.html", scope, context)


@for_staff
@require_POST
def remove(request: HttpRequest) -> HttpResponse:
    scope, model = Scope.of_request(request), request.POST.get("model", "")
    if not remove_override(model):
        return redirect(reverse("dashboard:prices") + scope.suffix)
    return _to_list(request, scope, f"The price that was set for {model} is gone.")


def _initial(found: PricedModel) -> dict[str, Any]:
    """The prices that hold now, as a start."""
    known = found.override or found.prices
    if known is None:
        return {"model": found.model}
    prices = {name: getattr(known, name) for name in PRICE_NAMES}
    shown = {name: f"{price.normalize():f}" for name, price in prices.items() if price is not None}
    return {"model": found.model, **shown}


def _rules(found: PricedModel) -> dict[str, Any]:
    """What was set here; the rest stays empty."""
    return {rule.name: rule.value for rule in found.rules if rule.is_set_here}
