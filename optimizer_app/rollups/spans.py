"""The spans of time that are rolled up, and how any window is put together from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

QUARTER = timedelta(minutes=15)
TWO_HOURS = timedelta(hours=2)
SIX_HOURS = timedelta(hours=6)
DAY = timedelta(days=1)
TEN_DAYS = timedelta(days=10)
# Each is a whole number of those before it. They are the steps of the pages' charts, so that a chart reads
# about a hundred spans, whatever its range; the longest is for what has no steps.
SPANS = (QUARTER, TWO_HOURS, SIX_HOURS, DAY, TEN_DAYS)
# As long as a chart that has it as its step looks back, the period before included. Days are kept for ever.
KEPT = {QUARTER: timedelta(days=3), TWO_HOURS: timedelta(days=15), SIX_HOURS: timedelta(days=62)}

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of time that is read from the rollups of one length, or, with None, from the traces."""

    start: datetime
    end: datetime
    span: timedelta | None


def span_start(moment: datetime, span: timedelta) -> datetime:
    """The start of the span that the moment is in."""
    return _EPOCH + (moment - _EPOCH) // span * span


def kept_from(span: timedelta, rolled_until: datetime) -> datetime:
    """The start of the first day of which there are spans of this length."""
    return span_start(rolled_until - KEPT[span], DAY)


def pieces(
    start: datetime, end: datetime, rolled_until: datetime, spans: Sequence[timedelta] = SPANS
) -> list[Piece]:
    """The stretch in order, each part from the longest spans that fit; what is not rolled up, or in shorter
    spans than are kept, from traces."""
    if start >= end:
        return []
    if not spans:
        return [Piece(start, end, None)]
    *shorter, span = spans
    first = span_start(start + span - timedelta.resolution, span)
    last = span_start(min(end, rolled_until), span)
    if first >= last:
        return pieces(start, end, rolled_until, shorter)
    return [
        *pieces(start, first, rolled_until, shorter),
        *_spans_between(first, last, rolled_until, span),
        *pieces(last, end, rolled_until, shorter),
    ]


def _spans_between(first: datetime, last: datetime, rolled_until: datetime, span: timedelta) -> list[Piece]:
    kept = kept_from(span, rolled_until) if span in KEPT else first
    if kept <= first:
        return [Piece(first, last, span)]
    dropped = Piece(first, min(kept, last), None)
    return [dropped, Piece(kept, last, span)] if kept < last else [dropped]
