"""Accounts of people who sign in elsewhere.

An account is found by what its provider calls it for ever, never by a name or an address: others can take
those.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from optimizer_app.models import Identity

_NOT_IN_A_NAME = re.compile(r"[^\w.@+-]")


class UnknownIdentity(Exception):
    """Nobody here is connected with this account, and new accounts are not made."""


class ConnectedElsewhere(Exception):
    """Somebody else is connected with this account."""


def user_of(claims: Mapping[str, Any], *, makes_accounts: bool) -> User:
    """Whose account it is. UnknownIdentity where it is nobody's and none may be made."""
    found = Identity.objects.select_related("user").filter(**_key(claims)).first()
    if found is not None:
        return found.user
    if not makes_accounts:
        raise UnknownIdentity
    with transaction.atomic():
        user = User.objects.create_user(_free_name(claims))
        Identity.objects.create(user=user, **_key(claims))
    return user


def connect(user: User, claims: Mapping[str, Any]) -> None:
    """Let the user sign in by this account from now on. ConnectedElsewhere where somebody else does."""
    try:
        with transaction.atomic():
            identity, _ = Identity.objects.get_or_create(**_key(claims), defaults={"user": user})
    except IntegrityError as error:
        raise ConnectedElsewhere from error
    if identity.user_id != user.pk:
        raise ConnectedElsewhere


def _key(claims: Mapping[str, Any]) -> dict[str, str]:
    return {"issuer": str(claims["iss"]), "subject": str(claims["sub"])}


def _free_name(claims: Mapping[str, Any]) -> str:
    """The name that the provider gives, with something after it where it is taken."""
    wanted = str(claims.get("preferred_username") or claims.get("email") or "")
    name = _NOT_IN_A_NAME.sub("-", wanted)[:100] or "user"
    taken = User.objects.filter(username__iexact=name).exists()
    return f"{name}-{uuid.uuid4().hex[:8]}" if taken else name
