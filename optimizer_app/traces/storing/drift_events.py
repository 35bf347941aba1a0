"""The event that says that a provider's counts and ours came too far apart."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer_app.models import Event
from optimizer_app.receipts.drift import Alarm, new_alarms
from optimizer_app.traces.record import TraceRecord
from optimizer_app.traces.storing.outbox import event_row
from token_optimizer.telemetry.events import create_event

EVENT_TYPE = "token_drift"


def drift_events(records: Sequence[TraceRecord]) -> list[Event]:
    """The events of the models that these records show to be too far apart, each with the newest record of
    its model."""
    newest = {(record.project_id, record.model): record for record in records}
    return [_event(alarm, newest[alarm.project_id, alarm.model]) for alarm in new_alarms(list(newest))]


def _event(alarm: Alarm, record: TraceRecord) -> Event:
    drift = {
        "model": alarm.model,
        "requests": alarm.drift.requests,
        "counted_tokens": alarm.drift.counted_tokens,
        "billed_tokens": alarm.drift.billed_tokens,
        "share": round(alarm.drift.share, 4),
    }
    payload = create_event(EVENT_TYPE, str(record.id), str(record.api_key_id or ""), drift=drift)
    return event_row(record, payload)
