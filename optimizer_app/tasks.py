"""Background tasks. Each calls one verb module; the settings say when and in which queue they run."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, timedelta

import structlog
from celery import shared_task
from celery.worker import state as worker_state
from django.conf import settings
from django.utils import timezone

from optimizer_app.announcements import announce_precompressions
from optimizer_app.background.wake import INGEST, PRECOMPRESSION, REPLAY, wake
from optimizer_app.captures.retention import drop_expired
from optimizer_app.clickhouse.client import ClickHouseAway
from optimizer_app.clickhouse.copying import copy_waiting
from optimizer_app.events.delivery import deliver_due_events
from optimizer_app.ingest.control import queue_for_model
from optimizer_app.ingest.work import ingest_due
from optimizer_app.models import Document
from optimizer_app.precompression.retention import drop_unused
from optimizer_app.precompression.work import compress_due
from optimizer_app.replays.texts import drop_expired_texts
from optimizer_app.replays.work import run_due
from optimizer_app.rollups.rolling import drop_rollups_before, roll_up_all
from optimizer_app.traces.feedback import drop_expired_comments
from optimizer_app.traces.partitions import ensure_coming_partitions
from optimizer_app.traces.retention import drop_copied_before, drop_older_than, midnight
from optimizer_app.traces.storing.repeats import drop_seen_before
from optimizer_app.tuning.proposals import propose_all

log = structlog.get_logger(__name__)


@shared_task
def deliver_events() -> None:
    """Post the events that are due."""
    if arrived := deliver_due_events():
        log.info("events_delivered", count=arrived)


@shared_task
def keep_partitions() -> None:
    """Make the coming days' partitions; drop what is older than TRACE_ and ROLLUP_RETENTION_DAYS, and prompts
    that nothing can repeat any more."""
    now = timezone.now()
    today = now.astimezone(UTC).date()
    ensure_coming_partitions(today)
    drop_seen_before(now)
    days = settings.TRACE_RETENTION_DAYS
    with suppress(ClickHouseAway):
        if days and (dropped := drop_older_than(days, today)):
            log.info("traces_dropped", days=dropped)
    if settings.CLICKHOUSE_URL and (kept := settings.POSTGRES_TRACE_DAYS):
        drop_copied_before(today - timedelta(days=kept))
    if days := settings.ROLLUP_RETENTION_DAYS:
        drop_rollups_before(midnight(today - timedelta(days=days)))


@shared_task
def copy_traces() -> None:
    """Copy to ClickHouse what was stored; while that is away it waits."""
    with suppress(ClickHouseAway):
        copy_waiting()


@shared_task
def roll_up_traces() -> None:
    """Sum the traces of the quarters of an hour that are over, for the overview."""
    with suppress(ClickHouseAway):
        roll_up_all(timezone.now())


@shared_task
def ingest_due_documents() -> None:
    """Read, cut and embed the documents that are due; those embedded by another model are due, too."""
    queue_for_model()
    if finished := ingest_due():
        log.info("documents_finished", count=finished)
        if Document.objects.due(timezone.now()).exists():
            wake(INGEST)


@shared_task
def precompress() -> None:
    """Compress queued texts for the next turns of their conversations."""
    finished = compress_due(is_stopping=lambda: worker_state.should_stop is not None)
    if finished.projects:
        log.info("precompressed", count=finished.count)
        announce_precompressions(finished.projects)
    if finished.more:
        wake(PRECOMPRESSION)


@shared_task
def drop_unused_precompressions() -> None:
    """Drop precompressions that nobody used for long, and those beyond a project's size."""
    if dropped := drop_unused():
        log.info("precompressions_dropped", count=dropped)


@shared_task
def propose_tuning() -> None:
    """Propose, or within bounds publish, changes of configs that what happened speaks for."""
    if made := propose_all(timezone.now()):
        log.info("tuning_proposed", count=made)


@shared_task
def drop_expired_captures() -> None:
    """Delete the texts of requests and replays whose days are over, and those beyond a project's size."""
    if dropped := drop_expired() + drop_expired_texts() + drop_expired_comments():
        log.info("captures_dropped", count=dropped)


@shared_task
def run_replays() -> None:
    """Run prompts of replays that are due."""
    worked = run_due(is_stopping=lambda: worker_state.should_stop is not None)
    if worked.count:
        log.info("replayed", count=worked.count)
    if worked.more:
        wake(REPLAY)
