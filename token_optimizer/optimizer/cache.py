"""The cache of the guide: exact results and stable prefixes, in Redis.

What the pipeline keeps in it is what messages were sent as (`prefix.py`), sealed under a secret, so that no
prompt text lies in Redis. A whole request that was sent before is an exact hit, for ten minutes; a message
of a growing conversation stays known for an hour.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any, cast

from token_optimizer.optimizer.conversation.keys import EXACT_PREFIX
from token_optimizer.optimizer.conversation.sealing import opened, sealed
from token_optimizer.ports import SentMessage

log = logging.getLogger(__name__)

EXACT_TTL_SECONDS = 600
PREFIX_TTL_SECONDS = 3600
TIMEOUT_SECONDS = 0.2


def exact_key(api_key: str, model: str, config_hash: str, input_hash: str) -> str:
    """The guide's key of a whole prompt. The parts are set apart, so that no two meet."""
    parts = json.dumps([api_key, model, config_hash, input_hash])
    return hashlib.sha256(parts.encode()).hexdigest()


class CacheManager:
    """The cache over Redis. While Redis fails it knows nothing, and says so in the log."""

    def __init__(self, redis_url: str) -> None:
        try:
            import redis
        except ModuleNotFoundError:
            raise ModuleNotFoundError(
                "caching needs redis: pip install 'token-optimizer[caching]'", name="redis"
            ) from None
        self._failed = redis.exceptions.RedisError
        self.redis = redis.Redis.from_url(
            redis_url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
        )

    def get_exact(self, key: str) -> dict[str, Any] | None:
        value = self._get(f"exact:{key}")
        return cast("dict[str, Any]", json.loads(value)) if value is not None else None

    def set_exact(self, key: str, value: dict[str, Any], ttl: int = EXACT_TTL_SECONDS) -> None:
        self._set(f"exact:{key}", json.dumps(value), ttl)

    def get_prefix(self, prefix_key: str) -> str | None:
        return self._get(f"prefix:{prefix_key}")

    def set_prefix(self, prefix_key: str, prefix: str, ttl: int = PREFIX_TTL_SECONDS) -> None:
        self._set(f"prefix:{prefix_key}", prefix, ttl)

    def _get(self, key: str) -> str | None:
        try:
            value = cast("bytes | None", self.redis.get(key))
        except self._failed as error:
            log.warning("the cache cannot be read: %s", type(error).__name__)
            return None
        return value.decode() if value is not None else None

    def _set(self, key: str, value: str, ttl: int) -> None:
        try:
            self.redis.set(key, value, ex=ttl)
        except self._failed as error:
            log.warning("the cache cannot be written: %s", type(error).__name__)


class CacheMemory:
    """A conversation memory in a cache, sealed under a secret; the pipeline's `Memory`."""

    def __init__(self, cache: CacheManager, secret: str) -> None:
        self._cache = cache
        self._secret = secret

    def get_many(self, keys: Sequence[str]) -> list[SentMessage | None]:
        return [opened(value, self._secret) if (value := self._value(key)) else None for key in keys]

    def set_many(self, messages: Mapping[str, SentMessage]) -> None:
        for key, message in messages.items():
            if key.startswith(EXACT_PREFIX):
                self._cache.set_exact(key, {"sealed": sealed(message, self._secret)})
            else:
                self._cache.set_prefix(key, sealed(message, self._secret))

    def _value(self, key: str) -> str | None:
        if key.startswith(EXACT_PREFIX):
            return (self._cache.get_exact(key) or {}).get("sealed")
        return self._cache.get_prefix(key)
