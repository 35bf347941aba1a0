"""Signatures of posted events, by the Standard Webhooks specification (standardwebhooks.com).

`webhook-id`, `webhook-timestamp` and the body are signed together with HMAC-SHA256, so that a receiver knows
who sent a body, that nobody changed it, and that it is not an old one sent again.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from optimizer_app.models.traces.event import EventDestination
from optimizer_app.security.encryption import encrypt

PREFIX = "whsec_"
SECRET_BYTES = 32
# How long the secret before the newest signs, too: receivers change theirs within a day.
GRACE = timedelta(days=1)


def new_secret() -> str:
    """A secret as receivers enter it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signature_headers(body: bytes, signing: Sequence[str], moment: datetime) -> Mapping[str, str]:
    """The headers under which a body goes out. The id is the same on every attempt at the same body."""
    message_id = f"msg_{hashlib.sha256(body).hexdigest()[:32]}"
    timestamp = str(int(moment.timestamp()))
    signed = b".".join((message_id.encode(), timestamp.encode(), body))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{_signature(signed, secret)}" for secret in signing),
    }


def rotate_secret(destination: EventDestination, moment: datetime) -> str:
    """A new secret, told this once. The one before signs for `GRACE` more."""
    secret = new_secret()
    destination.encrypted_previous_secret = destination.encrypted_secret
    destination.previous_until = moment + GRACE
    destination.encrypted_secret = encrypt(secret)
    destination.save(update_fields=["encrypted_secret", "encrypted_previous_secret", "previous_until"])
    return secret


def _signature(signed: bytes, secret: str) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
