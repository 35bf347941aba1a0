"""Who an ASGI request is from, before Django has read anything of it."""

from __future__ import annotations

from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.db import DatabaseError
from django.http import HttpRequest, parse_cookie
from starlette.types import Scope

from optimizer_app.models import ApiToken
from optimizer_app.models.keys.api_token import bearer_of


async def known_as(scope: Scope) -> str:
    """Whose session or token the request has: a user's key; nothing while the database does not say so."""
    headers = dict(scope["headers"])
    key = parse_cookie(headers.get(b"cookie", b"").decode("latin-1")).get(settings.SESSION_COOKIE_NAME, "")
    token = bearer_of(headers.get(b"authorization", b"").decode("latin-1"))
    return await database_sync_to_async(_user_key)(key, token) if key or token else ""


def user_of_session(session_key: str) -> AbstractBaseUser | AnonymousUser:
    """Whose session it is; nobody's once it has ended or its user's password is another."""
    request = HttpRequest()
    request.session = SessionStore(session_key)
    return get_user(request)


def _user_key(session_key: str, token: str) -> str:
    try:
        found = ApiToken.objects.usable(token) if token else None
        user = found.user if found else user_of_session(session_key) if session_key else None
    except DatabaseError:
        return ""
    return str(user.pk) if user is not None and user.is_authenticated else ""
