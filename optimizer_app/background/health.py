"""Whether a queue has a worker, or the schedule is at it, for the health checks of containers.

`python -m optimizer_app.background.health upkeep 60` ends with 0 where one took a task of it within a minute,
and `schedule` in the place of a queue asks for the schedule.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta

from optimizer_app.background.heartbeat import last_seen
from optimizer_app.background.valkey import valkey_client


def is_served(queue: str, within: timedelta) -> bool:
    """RedisError where Valkey does not answer."""
    with valkey_client() as client:
        seen = last_seen(client).get(queue)
    # A moment to come is from before the clock was set back.
    return seen is not None and abs(datetime.now(UTC) - seen) <= within


if __name__ == "__main__":
    sys.exit(0 if is_served(sys.argv[1], timedelta(seconds=float(sys.argv[2]))) else 1)
