"""ClickHouse: whether it answers, and how far traces are on their way to it."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone

from optimizer_app.clickhouse.client import ClickHouseAway, is_used, server
from optimizer_app.clickhouse.copying import waiting
from optimizer_app.system.part import Fact, Part, Problem, bounded_cursor

NAME = "ClickHouse"
_LATE = timedelta(minutes=5)


def clickhouse() -> Part:
    """Not used where CLICKHOUSE_URL names none."""
    if not is_used():
        return Part(NAME, off=True)
    with bounded_cursor():
        found = waiting()
    started = time.perf_counter()
    try:
        ((version, size),) = server().rows(
            "SELECT version(), (SELECT sum(bytes_on_disk) FROM system.parts WHERE active)", {}
        )
    except ClickHouseAway as error:
        return Part(NAME, (Fact("at", _host()), *_facts(found)), _silent(str(error)))
    facts = (
        Fact("version", version),
        Fact("at", _host()),
        Fact("size", size, "bytes"),
        Fact("answered in", (time.perf_counter() - started) * 1000, "ms"),
    )
    return Part(NAME, (*facts, *_facts(found)), _late(found[1]))


def _facts(found: tuple[int, datetime | None]) -> tuple[Fact, ...]:
    count, oldest = found
    return Fact("traces to copy", count, "count"), Fact("the first since", oldest, "moment")


def _host() -> str:
    """Where it is, without its user and password."""
    parts = urlsplit(settings.CLICKHOUSE_URL)
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)


def _silent(error: str) -> Problem:
    return Problem(
        f"It does not answer ({error})",
        "Requests are served and stored; until it is back, those that PostgreSQL does not keep are not "
        "found.",
        "Start the server that CLICKHOUSE_URL names, and see that this machine may reach it.",
    )


def _late(oldest: datetime | None) -> Problem | None:
    if oldest is None or timezone.now() - oldest < _LATE:
        return None
    return Problem(
        "Traces wait to be copied for more than five minutes",
        "They are found in PostgreSQL, which keeps them until they are copied.",
        "See that the background worker runs; after the first start with many traces it takes a while.",
        grave=False,
    )
