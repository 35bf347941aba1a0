"""All parts of the instance, asked one after the other. Each gives up within two seconds."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.conf import settings
from django.db import Error as DatabaseError

from optimizer_app.system.clickhouse import clickhouse
from optimizer_app.system.cluster import valkey_cluster
from optimizer_app.system.machine import disk, versions
from optimizer_app.system.models import compression_model, embedding_model
from optimizer_app.system.part import Part, Problem
from optimizer_app.system.records import journal, outbox, traces
from optimizer_app.system.servers import postgres, valkey
from optimizer_app.system.workers import background_worker, precompression_worker, schedule, web_workers

PARTS: Mapping[str, Callable[[], Part]] = {
    "PostgreSQL": postgres,
    "Valkey": valkey,
    "Valkey cluster": valkey_cluster,
    "ClickHouse": clickhouse,
    "Web workers": web_workers,
    "Background worker": background_worker,
    "Precompression worker": precompression_worker,
    "Schedule": schedule,
    "Embedding model": embedding_model,
    "LLMLingua-2": compression_model,
    "Journal": journal,
    "Traces": traces,
    "Outbox of events": outbox,
    "Disk": disk,
    "Versions": versions,
}


def system_report() -> list[Part]:
    """Every part, in the order in which requests need them."""
    return [_asked(name, gather) for name, gather in PARTS.items()]


def _asked(name: str, gather: Callable[[], Part]) -> Part:
    try:
        return gather()
    except DatabaseError as error:
        return Part(name, problem=_not_told(type(error).__name__))


def _not_told(error: str) -> Problem:
    return Problem(
        f"Not known: PostgreSQL did not answer in time ({error})",
        "Keys that a worker knows go on working, pages and new keys do not.",
        f"Look into the log of PostgreSQL; {settings.START_COMMAND} starts the embedded one again.",
    )
