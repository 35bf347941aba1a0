"""What `/metrics` looks up when it is asked: queues, heartbeats, the journal of this machine."""

from __future__ import annotations

import platform
import time
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import redis
from django.conf import settings
from django.db.models import Count, Min
from django.utils import timezone

from optimizer_app.background.heartbeat import last_seen
from optimizer_app.background.valkey import traffic_client, valkey_client
from optimizer_app.clickhouse.copying import waiting
from optimizer_app.events.delivery import waiting_deliveries
from optimizer_app.metrics import catalog
from optimizer_app.metrics.catalog import Metric
from optimizer_app.metrics.exposition import exposition
from optimizer_app.metrics.series import Labelled, stored_series
from optimizer_app.models import Document, EventDelivery, Precompression, Provider
from optimizer_app.providers.breaker import CIRCUIT_STATES
from optimizer_app.providers.health import circuits_of
from optimizer_app.system.part import bounded_cursor
from optimizer_app.traces.journal.segments import REJECTED, SUFFIX
from optimizer_app.valkey.cluster import VALKEY_ERRORS

Gauges = Mapping[Metric, list[Labelled]]


def metrics_page() -> str:
    """All metrics as Prometheus reads them. An error of the database where that does not answer in time."""
    with bounded_cursor():
        found = {**stored_series(), **_database_gauges()}
        providers = list(Provider.objects.order_by("pk").values_list("pk", "project__name", "name"))
    return exposition({**found, **_build(), **_journal(settings.JOURNAL_DIR), **_of_valkey(providers)})


def _build() -> Gauges:
    return {catalog.BUILD_INFO: [({"version": settings.VERSION, "python": platform.python_version()}, [1])]}


def _journal(folder: Path) -> Gauges:
    """Finished requests on the disk of the machine that is asked."""
    machine = {"machine": platform.node()}
    waiting = [found for path in folder.glob(f"*{SUFFIX}") if (found := _size_and_time(path))[0]]
    oldest = min((written for _, written in waiting), default=None)
    return {
        catalog.JOURNAL_BYTES: [(machine, [sum(size for size, _ in waiting)])],
        catalog.JOURNAL_OLDEST: [(machine, [0 if oldest is None else max(time.time() - oldest, 0)])],
        catalog.JOURNAL_REJECTED: [(machine, [sum(1 for _ in (folder / REJECTED).glob(f"*{SUFFIX}"))])],
    }


def _size_and_time(path: Path) -> tuple[int, float]:
    """Nothing for a file that was stored meanwhile."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return 0, 0.0
    return found.st_size, found.st_mtime


def _of_valkey(providers: Sequence[tuple[uuid.UUID, str, str]]) -> Gauges:
    """Queues, heartbeats and circuits, with no series while Valkey is away."""
    try:
        with valkey_client() as client, traffic_client() as traffic:
            circuits = circuits_of(traffic, [provider_id for provider_id, _, _ in providers])
            found = _queues(client)
    except VALKEY_ERRORS:
        unknown = (catalog.QUEUE_TASKS, catalog.WORKER_SEEN, catalog.PROVIDER_CIRCUIT)
        return {catalog.VALKEY_UP: _value(0), **{metric: [] for metric in unknown}}
    states: list[Labelled] = [
        ({"project": project, "provider": name}, [CIRCUIT_STATES.index(circuits[provider_id].state)])
        for provider_id, project, name in providers
    ]
    return {catalog.VALKEY_UP: _value(1), **found, catalog.PROVIDER_CIRCUIT: states}


def _queues(client: redis.Redis) -> Gauges:
    names = [queue.name for queue in settings.CELERY_TASK_QUEUES]
    waiting: list[Any] = [client.llen(name) for name in names]
    seen = last_seen(client)
    return {
        catalog.QUEUE_TASKS: [({"queue": name}, [count]) for name, count in zip(names, waiting, strict=True)],
        catalog.WORKER_SEEN: [({"queue": name}, [at.timestamp()]) for name, at in sorted(seen.items())],
    }


def _database_gauges() -> Gauges:
    documents = Document.objects.unfinished().aggregate(count=Count("pk"), oldest=Min("updated_at"))
    queued = Precompression.objects.filter(state=Precompression.State.QUEUED)
    texts = queued.aggregate(count=Count("pk"), oldest=Min("created_at"))
    events = waiting_deliveries().aggregate(count=Count("pk"), oldest=Min("event__created_at"))
    uncopied, uncopied_since = waiting()
    set_aside = EventDelivery.objects.filter(dead_at__isnull=False, delivered_at=None).count()
    return {
        catalog.DOCUMENTS_WAITING: _value(documents["count"]),
        catalog.DOCUMENTS_OLDEST: _value(_age(documents["oldest"])),
        catalog.PRECOMPRESSIONS_WAITING: _value(texts["count"]),
        catalog.PRECOMPRESSIONS_OLDEST: _value(_age(texts["oldest"])),
        catalog.EVENTS_WAITING: _value(events["count"]),
        catalog.EVENTS_OLDEST: _value(_age(events["oldest"])),
        catalog.EVENTS_SET_ASIDE: _value(set_aside),
        catalog.TRACES_UNCOPIED: _value(uncopied),
        catalog.TRACES_UNCOPIED_OLDEST: _value(_age(uncopied_since)),
    }


def _value(number: float) -> list[Labelled]:
    return [({}, [number])]


def _age(moment: datetime | None) -> float:
    """Seconds; 0 where nothing waits."""
    return 0.0 if moment is None else max((timezone.now() - moment).total_seconds(), 0.0)
