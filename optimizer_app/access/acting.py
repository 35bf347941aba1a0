"""Who is at work: the person, their address, and by which way they came. Background work is nobody's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.http import HttpRequest

_ADMIN, _API = "/admin/", "/api/"


@dataclass(slots=True)
class Actor:
    """Whoever sent a request, which may turn out only while it is answered. `entries` counts what was
    recorded."""

    request: HttpRequest
    entries: int = field(default=0, init=False)

    @property
    def user(self) -> AbstractBaseUser | AnonymousUser:
        return self.request.user

    @property
    def address(self) -> str:
        return str(self.request.META.get("REMOTE_ADDR", ""))

    @property
    def via(self) -> str:
        """`page`, `admin`, `api`, or the name of the token."""
        token = getattr(self.request, "auth", None)
        if token is not None:
            return f"token {getattr(token, 'name', '')}"
        path = self.request.path
        return "admin" if path.startswith(_ADMIN) else "api" if path.startswith(_API) else "page"


_actor: ContextVar[Actor | None] = ContextVar("actor", default=None)


@contextmanager
def acting(request: HttpRequest) -> Iterator[Actor]:
    """While it lasts, what is changed is changed by whoever sent the request."""
    actor = Actor(request)
    token = _actor.set(actor)
    try:
        yield actor
    finally:
        _actor.reset(token)


def current_actor() -> Actor | None:
    return _actor.get()
