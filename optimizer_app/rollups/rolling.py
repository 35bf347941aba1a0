"""Rolls traces up: the quarters of an hour that changed from their traces, longer spans from shorter ones.

Traces are stored together with a mark of their quarter. A run takes the marks of the quarters that are over
and makes the rows of those anew, in one transaction: a trace that is stored meanwhile leaves a mark that the
next run finds. So each trace counts once, however late it comes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from optimizer_app.clickhouse.client import ClickHouseAway
from optimizer_app.clickhouse.conditions import HIGHEST_ID
from optimizer_app.clickhouse.copying import kept_since
from optimizer_app.models import RollupMark, RollupState, SpanRollup, TraceRollup
from optimizer_app.rollups.copied import quarter_rows, readable_until
from optimizer_app.rollups.cuts import CUTS
from optimizer_app.rollups.measures import TRACES
from optimizer_app.rollups.reading import rolled_until
from optimizer_app.rollups.spans import DAY, KEPT, QUARTER, SPANS, TEN_DAYS, kept_from, span_start
from optimizer_app.rollups.spend import SPEND
from optimizer_app.rollups.tables import Rollup
from optimizer_app.rollups.tags import TAGGED
from optimizer_app.trace_ids import first_id_at, made_at

MAX_QUARTERS = 96
ROWS_A_STATEMENT = 500
# Most requests that began in a quarter have ended by then.
GRACE = timedelta(minutes=1)
_LOCK = 0x726F6C6C  # the name of an advisory lock
_ROLLUPS = (TRACES, CUTS, SPEND, TAGGED)


def mark_changed(moments: Iterable[datetime]) -> None:
    """Say, in the transaction that stores traces of these moments, that their quarters changed."""
    RollupMark.objects.bulk_create(
        RollupMark(start=start) for start in {span_start(moment, QUARTER) for moment in moments}
    )


def roll_up(now: datetime) -> bool:
    """Roll up what changed and is over, at most a day's worth; whether more waits."""
    over = span_start(now - GRACE, QUARTER)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        state = RollupState.objects.first()
        changed = _with_dropped(_taken_marks(over, now), over)
        for _, starts in groupby(changed, lambda start: span_start(start, DAY)):
            _replace_quarters(list(starts))
        _roll_up_longer(changed, state.rolled_until if state else over, over)
        _roll_up_older(over)
        _drop_old(over)
        more = _waiting(over, now).exists()
        if not more:
            RollupState.objects.update_or_create(pk=1, defaults={"rolled_until": over})
    return more


def roll_up_all(now: datetime) -> None:
    """Roll up everything that is over."""
    while roll_up(now):
        pass


def drop_details_before(moment: datetime) -> None:
    """Keep of the time before only what each day came to: its traces go."""
    for rows in _all_rows():
        rows.filter(start__lt=moment, seconds__lt=DAY.total_seconds()).delete()
    RollupMark.objects.filter(start__lt=moment).delete()


def drop_rollups_before(moment: datetime) -> None:
    """Keep nothing of the time before."""
    drop_details_before(moment)
    for rows in _all_rows():
        rows.filter(start__lt=moment).delete()
    straddling = span_start(moment, TEN_DAYS)
    if straddling + TEN_DAYS <= rolled_until():
        _replace(TEN_DAYS, straddling, DAY)


def _all_rows() -> list[QuerySet[Any]]:
    return [rollup.model._default_manager.all() for rollup in _ROLLUPS]


def _waiting(over: datetime, now: datetime) -> QuerySet[RollupMark]:
    """The marks of quarters that are over, and whose traces can be read now: where PostgreSQL does not keep
    them any more, ClickHouse must have them all."""
    marks = RollupMark.objects.filter(start__lt=over)
    kept, until = kept_since(now), readable_until()
    if kept.year == 1 or until == HIGHEST_ID:
        return marks
    return marks.filter(Q(start__gte=kept) | Q(start__lte=made_at(until) - QUARTER))


def _taken_marks(over: datetime, now: datetime) -> list[datetime]:
    """The oldest quarters that changed; their marks are gone."""
    waiting = _waiting(over, now)
    starts = list(waiting.order_by("start").values_list("start", flat=True).distinct()[:MAX_QUARTERS])
    # By id: a mark that is made from now on stays.
    ids = list(waiting.filter(start__in=starts).values_list("pk", flat=True))
    RollupMark.objects.filter(pk__in=ids).delete()
    return starts


def _with_dropped(changed: Iterable[datetime], over: datetime) -> list[datetime]:
    """The quarters, and of days whose quarters were dropped all: longer spans are made from those."""
    first_kept = kept_from(QUARTER, over)
    old_days = {span_start(start, DAY) for start in changed if start < first_kept}
    again = {day + QUARTER * number for day in old_days for number in range(DAY // QUARTER)}
    return sorted(again.union(changed))


def _drop_old(over: datetime) -> None:
    for span in KEPT:
        for rows in _all_rows():
            rows.filter(seconds=int(span.total_seconds()), start__lt=kept_from(span, over)).delete()


def _roll_up_longer(changed: Iterable[datetime], until: datetime, over: datetime) -> None:
    """Make the longer spans anew that hold a changed quarter, and those that ended since the last run."""
    quarters = set(changed)
    for shorter, span in pairwise(SPANS):
        starts = {span_start(quarter, span) for quarter in quarters}
        ended = span_start(until, span)
        while ended + span <= over:
            starts.add(ended)
            ended += span
        for start in sorted(start for start in starts if start + span <= over):
            _replace(span, start, shorter)


def _roll_up_older(over: datetime) -> None:
    """Make the longest spans of the days that an older version rolled up, which had none."""
    if TraceRollup.objects.filter(seconds=int(TEN_DAYS.total_seconds())).exists():
        return
    days = TraceRollup.objects.filter(seconds=int(DAY.total_seconds())).values_list("start", flat=True)
    for start in sorted({span_start(day, TEN_DAYS) for day in days.distinct()}):
        if start + TEN_DAYS <= over:
            _replace(TEN_DAYS, start, DAY)


def _replace_quarters(starts: Sequence[datetime]) -> None:
    """Make the rows of quarters of one day anew: from what ClickHouse has, or PostgreSQL."""
    _delete_rows(QUARTER, starts)
    copied = _copied_rows(starts)
    for rollup, rows in copied:
        rollup.model._default_manager.bulk_create(rows, batch_size=ROWS_A_STATEMENT)
    with connection.cursor() as cursor:
        for start in starts:
            values = _values(QUARTER, start)
            for rollup in _ROLLUPS:
                if not copied:
                    cursor.execute(rollup.insert_traces(), values)
                cursor.execute(rollup.insert_whole(), values)


def _replace(span: timedelta, start: datetime, shorter: timedelta) -> None:
    """Make the rows of a span anew from those of shorter spans."""
    _delete_rows(span, [start])
    values = {**_values(span, start), "shorter": shorter.total_seconds()}
    with connection.cursor() as cursor:
        for rollup in _ROLLUPS:
            cursor.execute(rollup.insert_shorter(), values)
            cursor.execute(rollup.insert_whole(), values)


def _values(span: timedelta, start: datetime) -> dict[str, Any]:
    end = start + span
    return {
        "seconds": span.total_seconds(),
        "start": start,
        "end": end,
        "first": first_id_at(start),
        "end_id": first_id_at(end),
    }


def _delete_rows(span: timedelta, starts: Sequence[datetime]) -> None:
    for rows in _all_rows():
        rows.filter(seconds=int(span.total_seconds()), start__in=starts).delete()


def _copied_rows(starts: Sequence[datetime]) -> list[tuple[Rollup, list[SpanRollup]]]:
    """The rows of these quarters by what ClickHouse has; none where PostgreSQL is to be asked.

    ClickHouseAway where that does not have the traces any more.
    """
    start, end = starts[0], starts[-1] + QUARTER
    if first_id_at(end) > readable_until():
        return []
    try:
        return [(rollup, quarter_rows(rollup, start, end, starts)) for rollup in _ROLLUPS]
    except ClickHouseAway:
        if start < kept_since(timezone.now()):
            raise
        return []
