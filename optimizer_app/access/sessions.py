"""Sessions of people: noted when they sign in, seen while they are used, and ended by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.contrib.sessions.backends.db import SessionStore
from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone
from redis.exceptions import RedisError

from optimizer_app.announcements import announce_session_end
from optimizer_app.models import UserSession

_SEEN_EVERY = timedelta(minutes=5)


def connect() -> None:
    """Listen to people who sign in and out."""
    user_logged_in.connect(_note)
    user_logged_out.connect(_forget)


def end_session(session: UserSession) -> None:
    """Whoever uses it is signed out, and its live pages stop."""
    SessionStore(session.session_key).delete()
    session.delete()
    announce_session_end(session.session_key)


def end_other_sessions(user: User, session_key: str | None) -> None:
    """End all sessions of the user but this one."""
    for session in UserSession.objects.filter(user=user.pk).exclude(session_key=session_key):
        end_session(session)


def carry_on(former_key: str | None, session_key: str | None) -> None:
    """The same session under a new key: its live pages ask anew."""
    UserSession.objects.filter(session_key=former_key).update(session_key=session_key)
    if former_key:
        announce_session_end(former_key)


def note_use(request: HttpRequest) -> None:
    """Keep right to some minutes when the session was last used, without a write for each request."""
    key = request.session.session_key
    try:
        is_due = bool(key) and cache.add(f"session-seen:{key}", 1, _SEEN_EVERY.total_seconds())
    except RedisError:
        return
    if is_due:
        UserSession.objects.filter(session_key=key).update(last_seen_at=timezone.now())


def _note(sender: object, request: HttpRequest | None, user: Any, **_: Any) -> None:
    if request is None or not hasattr(request, "session"):
        return
    if not request.session.session_key:
        request.session.save()
    UserSession.objects.update_or_create(
        session_key=request.session.session_key,
        defaults={
            "user": user,
            "address": str(request.META.get("REMOTE_ADDR", ""))[:60],
            "agent": request.headers.get("User-Agent", "")[:200],
        },
    )


def _forget(sender: object, request: HttpRequest | None, **_: Any) -> None:
    key = request.session.session_key if request is not None and hasattr(request, "session") else None
    if key:
        UserSession.objects.filter(session_key=key).delete()
        announce_session_end(key)
