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
from optimizer_app.models.api_token import bearer_of


async def is_known(scope: Scope) -> bool:
    """Whether the request has the session of a user, or a token; not while the database does not say so."""
    headers = dict(scope["headers"])
    key = parse_cookie(headers.get(b"cookie", b"").decode("latin-1")).get(settings.SESSION_COOKIE_NAME, "")
    token = bearer_of(headers.get(b"authorization", b"").decode("latin-1"))
    return bool(key or token) and await database_sync_to_async(_has_user)(key, token)


def user_of_session(session_key: str) -> AbstractBaseUser | AnonymousUser:
    """Whose session it is; nobody's once it has ended or its user's password is another."""
    request = HttpRequest()
    request.session = SessionStore(session_key)
    return get_user(request)


def _has_user(session_key: str, token: str) -> bool:
    try:
        if token and ApiToken.objects.usable(token) is not None:
            return True
        return bool(session_key) and user_of_session(session_key).is_authenticated
    except DatabaseError:
        return False
