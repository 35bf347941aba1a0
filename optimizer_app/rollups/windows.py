"""The span of time that a page looks at: the choices of the range control, cut into whole buckets."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from optimizer_app.clickhouse.stored import TraceRows
from optimizer_app.rollups.reading import Stretch
from optimizer_app.trace_ids import first_id_at

Rows = TypeVar("Rows", bound=TraceRows)

DEFAULT_RANGE = "24h"


@dataclass(frozen=True, slots=True)
class Range:
    """One choice of the range control. A chart of it has `length / step` buckets."""

    key: str
    label: str
    length: timedelta
    step: timedelta


RANGES = {
    found.key: found
    for found in (
        Range("1h", "last hour", timedelta(hours=1), timedelta(minutes=1)),
        Range("24h", "last 24 hours", timedelta(hours=24), timedelta(minutes=15)),
        Range("7d", "last 7 days", timedelta(days=7), timedelta(hours=2)),
        Range("30d", "last 30 days", timedelta(days=30), timedelta(hours=6)),
        Range("90d", "last 90 days", timedelta(days=90), timedelta(days=1)),
    )
}


@dataclass(frozen=True, slots=True)
class Window:
    """A span of time in whole buckets, the last of which is still filling."""

    start: datetime
    end: datetime
    step: timedelta

    @classmethod
    def ending_at(cls, now: datetime, span: Range) -> Window:
        """The range's window at `now`: its bucket edges stay where they are while time passes."""
        epoch = datetime(1970, 1, 1, tzinfo=UTC)
        last_edge = epoch + ((now - epoch) // span.step + 1) * span.step
        return cls(start=last_edge - span.length, end=now, step=span.step)

    def previous(self) -> Window:
        """As many buckets, all of them whole, up to where this one starts."""
        length = self.step * len(self.bucket_starts())
        return Window(start=self.start - length, end=self.start, step=self.step)

    def bucket_starts(self) -> list[datetime]:
        count = -((self.start - self.end) // self.step)
        return [self.start + self.step * index for index in range(count)]

    @property
    def stretch(self) -> Stretch:
        """The same span for the rollups."""
        return Stretch(self.start, self.end, self.step)

    @property
    def ids(self) -> tuple[uuid.UUID, uuid.UUID]:
        """The first id of a trace begun inside the window, and the first one behind it."""
        return first_id_at(self.start), first_id_at(self.end + timedelta(milliseconds=1))

    def of(self, traces: Rows) -> Rows:
        """The traces begun inside the window, found by id."""
        first, behind = self.ids
        return traces.filter(id__gte=first, id__lt=behind)
