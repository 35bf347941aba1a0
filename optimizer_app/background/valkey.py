"""A client of Valkey for whoever would rather go on without it than wait for it."""

from __future__ import annotations

import redis
from django.conf import settings

from optimizer_app.valkey.clients import sync_client

_TIMEOUT_SECONDS = 1.0


def valkey_client() -> redis.Redis:
    """A client that gives up early, and decodes; the caller closes it."""
    return sync_client(
        settings.REDIS_URL,
        decode_responses=True,
        socket_timeout=_TIMEOUT_SECONDS,
        socket_connect_timeout=_TIMEOUT_SECONDS,
    )
