"""The event that says that a provider's counts and ours came too far apart."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime

from optimizer_app.models import Event
from optimizer_app.receipts.drift import Alarm, new_alarms
from optimizer_app.traces.outbox import event_row
from optimizer_app.traces.record import TraceRecord
from token_optimizer.telemetry.events import create_event

EVENT_TYPE = "token_drift"


def drift_events(
    records: Sequence[TraceRecord], delivered: Collection[uuid.UUID], now: datetime
) -> list[Event]:
    """The events of the models that these records show to be too far apart, each with the newest record of
    its model; the events of projects in `delivered` are due now."""
    newest = {(record.project_id, record.model): record for record in records}
    found = []
    for alarm in new_alarms(list(newest)):
        record = newest[alarm.project_id, alarm.model]
        found.append(_event(alarm, record, now if record.project_id in delivered else None))
    return found


def _event(alarm: Alarm, record: TraceRecord, next_try_at: datetime | None) -> Event:
    drift = {
        "model": alarm.model,
        "requests": alarm.drift.requests,
        "counted_tokens": alarm.drift.counted_tokens,
        "billed_tokens": alarm.drift.billed_tokens,
        "share": round(alarm.drift.share, 4),
    }
    payload = create_event(EVENT_TYPE, str(record.id), str(record.api_key_id or ""), drift=drift)
    return event_row(record, payload, next_try_at)
