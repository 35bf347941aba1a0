"""When a worker last took a task from each queue, and when the schedule was last at it.

Kept in Valkey, so that every machine can ask.
The schedule queues a task every few seconds, so a queue that was not seen for long has no worker.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache

import redis
import structlog

from optimizer_app.background.valkey import valkey_client

log = structlog.get_logger(__name__)

# The process's one client, which forgets its connections when the process forks.
_client = cache(valkey_client)
KEY = "worker-seen"
# Beside the names of the queues.
SCHEDULE = "schedule"


def note_seen(queue: str) -> None:
    """A worker takes a task of the queue now, or the schedule is at it. Without Valkey there is none."""
    try:
        _client().hset(KEY, queue, f"{time.time():.0f}")
    except (redis.RedisError, OSError) as error:
        log.warning("worker_not_noted", error=type(error).__name__)


def last_seen(client: redis.Redis) -> Mapping[str, datetime]:
    """The moments by queue, by a client that decodes; queues that were never seen are not in it."""
    found = client.hgetall(KEY).items()
    return {str(name): datetime.fromtimestamp(float(moment), UTC) for name, moment in found}
