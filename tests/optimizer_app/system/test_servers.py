"""When Valkey's memory is a problem, by what its server tells."""

from __future__ import annotations

import pytest
import redis
from django.conf import settings

from optimizer_app.system.servers import memory_problem

FULL = {"used_memory": 90, "maxmemory": 100}


@pytest.mark.parametrize(
    ("memory", "is_problem"),
    [
        ({**FULL, "maxmemory_policy": "noeviction"}, True),
        ({**FULL, "maxmemory_policy": "volatile-lru"}, False),
        ({**FULL, "used_memory": 80, "maxmemory_policy": "noeviction"}, False),
        ({"used_memory": 90, "maxmemory": 0, "maxmemory_policy": "noeviction"}, False),
    ],
)
def test_a_full_one_is_a_problem_where_it_forgets_nothing(
    memory: dict[str, object], is_problem: bool
) -> None:
    assert (memory_problem(memory, "Its memory") is not None) is is_problem


def test_the_embedded_one_is_bounded_and_keeps_its_queues() -> None:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        memory = client.info("memory")
    assert (memory["maxmemory"], memory["maxmemory_policy"]) == (1024**3, "volatile-lru")
