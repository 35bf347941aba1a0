"""What the pages of things with drafts and versions share: configs and prompt templates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

Version = TypeVar("Version", bound=Any)
View = Callable[..., HttpResponse]
Reader = AbstractBaseUser | AnonymousUser


def posted_to(page: str) -> Callable[[View], View]:
    """Leads who comes by a link, as after a change of the theme, to the page of the thing."""

    def decorated(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, **names: Any) -> HttpResponse:
            return view(request, **names) if request.method == "POST" else redirect(page, **names)

        return guarded

    return decorated


@dataclass(frozen=True, slots=True)
class DraftActions:
    """What is done with a reader's own draft of a thing, whose page is `page`."""

    page: str
    draft_of: Callable[[Any, Reader], Any]
    discard_draft: Callable[[Any, Reader], None]
    rebase_draft: Callable[[Any], Any]

    def discard(self, request: HttpRequest, thing: Any) -> HttpResponse:
        self.discard_draft(thing, request.user)
        messages.success(request, "Your draft was discarded.")
        return redirect(self.page, thing.pk)

    def rebase(self, request: HttpRequest, thing: Any) -> HttpResponse:
        """The reader's changes on top of what others published meanwhile."""
        draft = self.draft_of(thing, request.user)
        if draft is not None and self.rebase_draft(draft) is None:
            messages.success(request, f"All of your changes are in v{thing.version} already.")
        return redirect(self.page, thing.pk)


def compared_version(request: HttpRequest, versions: Sequence[Version], number: int) -> Version | None:
    """The version that is asked for, else the newest one before; `versions` has the newest first."""
    asked = request.GET.get("with", "")
    if asked.isdecimal():
        return next((row for row in versions if str(row.number) == asked), None)
    return next((row for row in versions if row.number < number), None)


def say_published_meanwhile(request: HttpRequest, live: Any) -> None:
    who = live.author or "somebody"
    messages.error(request, f"Not published: v{live.number} was published by {who} meanwhile.")
