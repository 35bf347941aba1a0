"""Stores records as traces with their events, so that nothing is stored twice and nothing in part."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import msgspec
from django.db import transaction
from django.utils import timezone

from optimizer_app.bulk_insert import insert_missing
from optimizer_app.clickhouse.copying import mark_uncopied
from optimizer_app.events.destinations import destinations_of, put_in_outbox
from optimizer_app.metrics.series import add_counts
from optimizer_app.models import ApiKey, EventDestination, Project, RequestTrace
from optimizer_app.receipts.drift import add_drifts
from optimizer_app.rollups.rolling import mark_changed
from optimizer_app.trace_ids import made_at
from optimizer_app.traces.partitions import ensure_partitions
from optimizer_app.traces.record import TraceRecord
from optimizer_app.traces.storing.counting import counts_of
from optimizer_app.traces.storing.drift_events import drift_events
from optimizer_app.traces.storing.money import Money, money_of
from optimizer_app.traces.storing.outbox import events_of_record
from optimizer_app.traces.storing.repeats import note_repeats

# What a record has besides the columns of its trace.
BESIDE_COLUMNS = frozenset({
    "messages_count", "segments", "prompt_digest", "usage_cache_write_1h_tokens",
    "usage_reasoning_tokens", "spared_usage", "first_byte_ms", "limit",
    "fates", "reports",
})  # fmt: skip
_COLUMNS = frozenset(field.name for field in msgspec.structs.fields(TraceRecord)) - BESIDE_COLUMNS
_MONEY = ("gross_usd", "net_usd", "read_back_usd", "billed_usd", "billed_is_estimated")


@dataclass(frozen=True, slots=True)
class Stored:
    """How many records of which project are stored, and those that belong to none."""

    counts: Mapping[uuid.UUID, int]
    orphans: Sequence[TraceRecord]


def store(records: Sequence[TraceRecord]) -> Stored:
    """Store the records in one transaction; those that are stored already stay as they are."""
    ensure_partitions({made_at(record.id).date() for record in records})
    with transaction.atomic():
        projects = Project.objects.in_bulk({record.project_id for record in records})
        keys = _existing_keys({record.api_key_id for record in records if record.api_key_id})
        kept = [
            record if record.api_key_id in keys else msgspec.structs.replace(record, api_key_id=None)
            for record in records
            if record.project_id in projects
        ]
        _insert(kept, destinations_of(projects.values()))
    orphans = [record for record in records if record.project_id not in projects]
    return Stored(Counter(record.project_id for record in kept), orphans)


def _existing_keys(ids: set[uuid.UUID]) -> set[uuid.UUID]:
    return set(ApiKey.objects.filter(pk__in=ids).values_list("pk", flat=True))


def _insert(
    records: Sequence[TraceRecord], destinations: Mapping[uuid.UUID, Sequence[EventDestination]]
) -> None:
    """Store them; their events wait for the receivers of their projects."""
    money, drifts = money_of(records)
    repeats = note_repeats(records)
    traces = [_trace(record, money[record.id], is_repeat=record.id in repeats) for record in records]
    events = [
        event
        for record in records
        for event in events_of_record(record, is_received=record.project_id in destinations)
    ]
    if drifts:
        add_drifts(timezone.now(), drifts)
        events += drift_events(records)
    known = _stored_ids(records)
    insert_missing(traces)
    mark_uncopied([record.id for record in records])
    insert_missing(events)
    for project_id, receivers in destinations.items():
        put_in_outbox([event for event in events if event.project_id == project_id], receivers)
    mark_changed(made_at(record.id) for record in records)
    # Last: others wait for these rows until the transaction ends.
    add_counts(counts_of([record for record in records if record.id not in known], money))


def _stored_ids(records: Sequence[TraceRecord]) -> set[uuid.UUID]:
    """Those that were stored before, by a process that died before it could say so."""
    found = RequestTrace.objects.filter(pk__in=[record.id for record in records])
    return set(found.values_list("pk", flat=True))


def _trace(record: TraceRecord, money: Money, *, is_repeat: bool) -> RequestTrace:
    columns = {name: getattr(record, name) for name in _COLUMNS}
    row = RequestTrace(**columns, **{name: getattr(money.prices, name) for name in _MONEY})
    row.is_repeat = is_repeat
    row.outcome = asdict(record.outcome) if record.outcome else None
    row.read_backs = [asdict(read) for read in record.read_backs]
    row.re_reads = [asdict(again) for again in record.re_reads]
    row.provider_calls = [asdict(call) for call in record.provider_calls]
    row.breakpoints_added = [asdict(mark) for mark in record.breakpoints_added]
    row.receipt = None if money.receipt is None else money.receipt.as_dict()
    row.attempts = [asdict(attempt) for attempt in record.attempts]
    return row
