"""What every page has: the door, the shell around the content, and the live fragment of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import quote

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_cache_control, patch_vary_headers

from dashboard.numbers.formats import age_texts
from dashboard.shell.navigation import parts_for
from dashboard.shell.scope import Scope
from dashboard.shell.themes import THEMES, theme_of
from optimizer_app.models import Membership, Role
from optimizer_app.models.projects.roles import need_role
from optimizer_app.rollups.windows import RANGES

Answer = TypeVar("Answer", bound=HttpResponseBase)
View = Callable[..., Answer]
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


def for_role(role: Role | Callable[[HttpRequest], Role]) -> Callable[[View[Answer]], View[Answer]]:
    """Below `signed_in`: the role that a page needs where it is not viewer to look and editor to change."""

    def marked(view: View[Answer]) -> View[Answer]:
        view.role = role  # type: ignore[attr-defined]
        return view

    return marked


def owner_to_change(request: HttpRequest) -> Role:
    """For pages that everybody in the project reads, and only owners change."""
    return Role.VIEWER if request.method in SAFE_METHODS else Role.OWNER


def signed_in(view: Callable[..., Answer]) -> Callable[..., Answer | HttpResponse]:
    """Sends a reader who is not signed in to the login page, whole page, also from a live refresh.

    What the reader's role does not allow is not found, and said to be that where it may be there.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Answer | HttpResponse:
        if request.user.is_authenticated:
            return _answer_by_role(view, request, *args, **kwargs)
        login = reverse("dashboard:login")
        if is_live_refresh(request):
            return HttpResponse(headers={"HX-Redirect": login})
        return redirect(f"{login}?next={quote(request.get_full_path())}")

    return guarded


def _answer_by_role(
    view: Callable[..., Answer], request: HttpRequest, *args: Any, **kwargs: Any
) -> Answer | HttpResponse:
    role = _role_for(view, request)
    need_role(request.user, role)
    try:
        return view(request, *args, **kwargs)
    except Http404:
        lower = [other for other in Role if other not in role.and_above]
        if not Membership.objects.filter(user=request.user.pk, role__in=lower).exists():
            raise
        return render(
            request, "dashboard/shell/not_allowed.html", {"role": role}, status=HTTPStatus.FORBIDDEN
        )


def _role_for(view: Callable[..., Any], request: HttpRequest) -> Role:
    role: Role | Callable[[HttpRequest], Role] | None = getattr(view, "role", None)
    if role is None:
        return Role.VIEWER if request.method in SAFE_METHODS else Role.EDITOR
    return role if isinstance(role, Role) else role(request)


def for_staff(view: Callable[..., Answer]) -> Callable[..., Answer | HttpResponse]:
    """What belongs to the whole instance: refused to a reader who is signed in and no staff."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Answer | HttpResponse:
        if not getattr(request.user, "is_staff", False):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return signed_in(guarded)


def is_live_refresh(request: HttpRequest) -> bool:
    """Whether htmx asks for the part of the page that changes."""
    return request.headers.get("HX-Request") == "true"


def render_page(request: HttpRequest, template: str, scope: Scope, context: dict[str, Any]) -> HttpResponse:
    """The page, or only its `live` partial where htmx asks. Pages are private and never stored by proxies."""
    shell = {
        "scope": scope,
        "ranges": RANGES.values(),
        "navigation": parts_for(is_staff=getattr(request.user, "is_staff", False)),
        "theme": theme_of(request),
        "themes": THEMES,
        "time_zone": settings.TIME_ZONE,
        "age_texts": age_texts,
    }
    name = f"{template}#live" if is_live_refresh(request) else template
    response = render(request, name, {**shell, **context})
    patch_vary_headers(response, ["HX-Request", "Cookie"])
    patch_cache_control(response, private=True, no_cache=True)
    return response
