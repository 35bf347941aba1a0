"""Lines of the journal, stored. One that cannot be stored is set aside, so that the others go on."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec
import structlog
from django.db import DataError, IntegrityError

from optimizer_app.captures.record import CaptureRecord, is_capture
from optimizer_app.captures.store import store_capture
from optimizer_app.traces.journal.segments import SegmentJournal
from optimizer_app.traces.record import TraceRecord, UnreadableRecord
from optimizer_app.traces.storing.store import Stored, store

log = structlog.get_logger(__name__)

# Errors that one record can cause. Any other error of the database is an outage, which ends.
_RECORD_ERRORS = (
    DataError, IntegrityError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class LineStore:
    """Where lines go: to the database, or to the journal's folder of those that were set aside. `announce`
    is told how many traces of which project were stored."""

    journal: SegmentJournal
    announce: Callable[[Mapping[uuid.UUID, int]], None]

    def add(self, lines: Sequence[bytes], source: str) -> None:
        """Store what the lines hold. An error of the database is an outage: nothing is set aside."""
        self._add_captures([line for line in lines if is_capture(line)])
        self._add_traces([line for line in lines if not is_capture(line)], source)

    def _add_captures(self, lines: Sequence[bytes]) -> None:
        """Store the texts of requests. None is set aside: nothing would delete it in time."""
        for line in lines:
            try:
                store_capture(CaptureRecord.from_line(line))
            except (msgspec.DecodeError, *_RECORD_ERRORS) as error:
                log.error("capture_lost", error=type(error).__name__)

    def _add_traces(self, lines: Sequence[bytes], source: str) -> None:
        records = []
        for line in lines:
            try:
                records.append(TraceRecord.from_line(line))
            except UnreadableRecord as error:
                self._reject(line, source, str(error))
        if not records:
            return
        try:
            self._finish(store(records), source)
        except _RECORD_ERRORS:
            self._add_one_by_one(records, source)

    def _add_one_by_one(self, records: Sequence[TraceRecord], source: str) -> None:
        for record in records:
            try:
                self._finish(store([record]), source)
            except _RECORD_ERRORS as error:
                # The type alone: the database's message would quote the row.
                self._reject(record.as_line(), source, type(error).__name__)

    def _finish(self, stored: Stored, source: str) -> None:
        for record in stored.orphans:
            self._reject(record.as_line(), source, f"project {record.project_id} does not exist")
        self.announce(stored.counts)

    def _reject(self, line: bytes, source: str, reason: str) -> None:
        """Set a line aside; where even that fails it is lost, or it would block the others for ever."""
        try:
            self.journal.reject(line, source)
            log.error("journal_line_rejected", segment=source, reason=reason)
        except OSError as error:
            log.error("journal_line_lost", segment=source, reason=reason, error=type(error).__name__)
