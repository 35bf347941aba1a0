"""Saves and renames views of the list of requests."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from optimizer_app.models import Project, SavedView

MAX_QUERY_CHARS = 1_000
MAX_VIEWS = 50


class ViewRefused(ValueError):
    """A view cannot be saved so; the message says why."""


def save_view(user: User, project: Project | None, name: str, query: str) -> SavedView:
    """Keep the filters of a URL under a name of one's own."""
    if len(query) > MAX_QUERY_CHARS:
        raise ViewRefused(f"these filters are too long: {len(query)} characters, at most {MAX_QUERY_CHARS}")
    if SavedView.objects.filter(user=user).count() >= MAX_VIEWS:
        raise ViewRefused(f"you have {MAX_VIEWS} saved views: delete one first")
    return _stored(SavedView(user=user, project=project, name=_checked(name), query=query))


def rename_view(view: SavedView, name: str) -> SavedView:
    """Call a view something else."""
    view.name = _checked(name)
    return _stored(view)


def _checked(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise ViewRefused("a view needs a name")
    if len(name) > SavedView.MAX_NAME_CHARS:
        raise ViewRefused(f"the name is too long: at most {SavedView.MAX_NAME_CHARS} characters")
    return name


def _stored(view: SavedView) -> SavedView:
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError as error:
        raise ViewRefused(f"you have a view named {view.name!r} already") from error
    return view
