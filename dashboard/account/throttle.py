"""How often a password may be tried: a few times at once, then after pauses that double.

Counted for an account at an address, for an address, and for an account, over all workers. What is tried
counts before the password is looked at, so that many tries at once are no way around it, and cost no hashing.
"""

from __future__ import annotations

import time
from contextlib import suppress
from hashlib import sha256
from math import ceil

import structlog
from django.core.cache import cache
from redis.exceptions import RedisError

from optimizer_app.client_addresses import counted_address

log = structlog.get_logger(__name__)

FREE_TRIES = 5
_FREE_TRIES_OF_ADDRESS = 20
_FREE_TRIES_OF_ACCOUNT = 50
_MAX_PAUSE_SECONDS = 300
_REMEMBERED_SECONDS = 3600


def seconds_to_wait(account: str, address: str) -> int:
    """How long to wait before the next try; 0 where it may be now, which then counts."""
    limits = _limits(account, address)
    try:
        waits = [ceil(cache.get(f"{key}:until", 0) - time.time()) for key in limits]
        if max(waits) > 0:
            return max(waits)
        for key, free in limits.items():
            _count(key, free)
    except RedisError as error:
        log.warning("login_not_throttled", error=type(error).__name__)
    return 0


def forget(account: str, address: str) -> None:
    """Start anew for somebody who signed in."""
    pair, *others = _limits(account, address)
    try:
        cache.delete_many([pair, f"{pair}:until"])
        for key in others:
            with suppress(ValueError):  # an hour has passed
                cache.decr(key)
    except RedisError as error:
        log.warning("login_not_throttled", error=type(error).__name__)


def _limits(account: str, address: str) -> dict[str, int]:
    # Whoever has one address of an IPv6 network has as many as they want.
    address = counted_address(address) or address
    name = sha256(account.casefold().encode("utf-8", "replace")).hexdigest()
    return {
        f"login:{address}:{name}": FREE_TRIES,
        f"login:{address}": _FREE_TRIES_OF_ADDRESS,
        f"login::{name}": _FREE_TRIES_OF_ACCOUNT,
    }


def _count(key: str, free: int) -> None:
    cache.add(key, 0, _REMEMBERED_SECONDS)
    try:
        tries = cache.incr(key)
    except ValueError:  # its hour passed in between
        cache.set(key, 1, _REMEMBERED_SECONDS)
        tries = 1
    if tries >= free:
        pause = min(2 ** (tries - free), _MAX_PAUSE_SECONDS)
        cache.set(f"{key}:until", time.time() + pause, pause)
