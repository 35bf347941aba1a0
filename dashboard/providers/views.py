"""Providers: where do requests go, and does it answer?"""

from __future__ import annotations

import uuid
from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from dashboard.providers.forms import NewProviderForm, ProviderForm, RemoveForm, initial_values
from dashboard.providers.rows import provider_rows, url_of
from dashboard.shell.page import for_role, owner_to_change, render_page, signed_in
from dashboard.shell.scope import Scope
from optimizer_app.models import Provider, Role
from optimizer_app.outgoing import UnsafeUrl
from optimizer_app.providers.change import add_provider, change_provider, is_from_environment, remove_provider
from optimizer_app.providers.connection import check_connection
from optimizer_app.providers.errors import (
    ProviderInUse,
    ProviderNameTaken,
    SecretNeeded,
    SetByEnvironment,
)
from optimizer_app.providers.headers import HeaderRefused


@signed_in
def provider_list(request: HttpRequest) -> HttpResponse:
    scope = Scope.of_request(request)
    rows = provider_rows(list(scope.providers().select_related("project")), scope.window.stretch)
    return render_page(request, "dashboard/providers/list.html", scope, {"page": "providers", "rows": rows})


@signed_in
@for_role(Role.OWNER)
def new_provider(request: HttpRequest) -> HttpResponse:
    """Asks on GET; adds it on POST and leads to it."""
    scope = Scope.of_request(request)
    chosen = scope.only_project.name if scope.only_project else ""
    form = NewProviderForm(request.POST or None, projects=scope.projects, initial={"project": chosen})
    added: list[Provider] = []
    if form.is_valid():
        project = form.cleaned_data["project"]
        if _accepted(form, lambda: added.append(add_provider(project, form.values()))):
            messages.success(request, f"{added[0].name} was added. Test whether it answers.")
            return redirect("dashboard:provider", added[0].pk)
    return render_page(request, "dashboard/providers/new.html", scope, {"page": "providers", "form": form})


@signed_in
@for_role(owner_to_change)
def provider_page(request: HttpRequest, provider_id: uuid.UUID) -> HttpResponse:
    """What it is, on GET; sets what can be set of it on POST."""
    scope = Scope.of_request(request)
    provider = _provider(request, provider_id)
    form = ProviderForm(request.POST or None, provider=provider, initial=initial_values(provider))
    if form.is_valid() and _accepted(form, lambda: change_provider(provider, form.values())):
        messages.success(request, f"{provider.name} was changed; requests follow within seconds.")
        return redirect("dashboard:provider", provider.pk)
    context = {
        "page": "providers",
        "provider": provider,
        "form": form,
        "url": url_of(provider),
        "from_environment": is_from_environment(provider),
    }
    return render_page(request, "dashboard/providers/provider.html", scope, context)


@signed_in
@for_role(Role.OWNER)
@require_POST
def test(request: HttpRequest, provider_id: uuid.UUID) -> HttpResponse:
    """Try it once, and say what came of it on its page."""
    provider = _provider(request, provider_id)
    found = check_connection(provider)
    (messages.success if found.works else messages.error)(request, f"{provider.name}: {found.says}")
    return redirect("dashboard:provider", provider.pk)


@signed_in
@for_role(Role.OWNER)
def remove(request: HttpRequest, provider_id: uuid.UUID) -> HttpResponse:
    """Asks on GET for its name; removes it on POST."""
    provider = _provider(request, provider_id)
    form = RemoveForm(request.POST or None, provider=provider)
    if form.is_valid():
        try:
            remove_provider(provider)
        except SetByEnvironment as error:
            raise PermissionDenied from error
        except ProviderInUse as error:
            messages.error(request, f"Routes lead to {provider.name}: {error}. Change them first.")
            return redirect("dashboard:provider", provider.pk)
        messages.success(request, f"{provider.name} was removed.")
        return redirect(reverse("dashboard:providers"))
    context = {"page": "providers", "provider": provider, "form": form}
    return render_page(request, "dashboard/providers/remove.html", Scope.of_request(request), context)


def _provider(request: HttpRequest, provider_id: uuid.UUID) -> Provider:
    """404 where it is another project's, as for one that never was."""
    own = Provider.objects.filter(project__in=Scope.of_request(request).projects).select_related("project")
    return get_object_or_404(own, pk=provider_id)


def _accepted(form: ProviderForm, act: Callable[[], object]) -> bool:
    """Whether it was done; else the form says at which field it was refused."""
    try:
        act()
    except ProviderNameTaken:
        form.add_error("name", "The project has a provider of this name.")
    except UnsafeUrl as error:
        form.add_error("base_url", f"{error}.")
    except HeaderRefused as error:
        form.add_error("secret_headers", f"{error}.")
    except SecretNeeded:
        form.add_error("secret", "Enter the key again, and secret headers: they were for another URL.")
    except SetByEnvironment as error:
        raise PermissionDenied from error
    return form.is_valid()
