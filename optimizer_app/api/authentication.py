"""Who asks: the token in the header, or the session of a page."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from optimizer_app.models import ApiToken
from optimizer_app.models.keys.api_key import KEY_PREFIX
from optimizer_app.models.keys.api_token import bearer_of

# The last use is shown to the minute: more would be a write for each request.
_LAST_USE = timedelta(minutes=1)


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer mgt_...`."""

    def authenticate(self, request: Request) -> tuple[object, ApiToken] | None:
        secret = bearer_of(request.headers.get("Authorization", ""))
        if not secret:
            return None
        if secret.startswith(KEY_PREFIX):
            raise AuthenticationFailed(
                "this is a key for /v1/: the management API takes tokens that begin with mgt_"
            )
        token = ApiToken.objects.usable(secret)
        if token is None:
            raise AuthenticationFailed("the token is not known, has expired or was revoked")
        _note_use(token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="management API"'


def _note_use(token: ApiToken) -> None:
    now = timezone.now()
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - _LAST_USE)
    ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)
