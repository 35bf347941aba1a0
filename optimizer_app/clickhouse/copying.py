"""Takes traces to ClickHouse that PostgreSQL has stored: each one, and once.

What is stored while copying is on leaves a row that names it, in the same transaction; traces that were there
before are a row for each of their days. A run copies what the oldest rows name and deletes these. Where it
dies between both, the next one copies the same again, which changes nothing. While ClickHouse is away the
rows wait, and readers find their traces in PostgreSQL.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import starmap
from typing import Any

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import Min, Sum
from django.db.models.signals import post_delete

from optimizer_app.clickhouse.client import is_used, server
from optimizer_app.clickhouse.conditions import HIGHEST_ID
from optimizer_app.clickhouse.schema import FIELDS, ID_TEXT, TABLE, ensure_table
from optimizer_app.models import ErasedProject, Project, RequestTrace, TraceCopying, UncopiedTraces
from optimizer_app.trace_ids import first_id_at, made_at

ROWS_AT_A_TIME = 10_000
_LOCK = 0x636C6963  # the name of an advisory lock
_TRACES = RequestTrace._meta.db_table
_UTC_TEXT = "to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
_DAY = timedelta(days=1)
_EVER = datetime.min.replace(tzinfo=UTC)
_ERASE = f"DELETE FROM {TABLE} WHERE project_id = {{id:UUID}}"  # noqa: S608 -- the name is a constant


def start_or_stop_copying() -> None:
    """As the settings say, at the start of a version: with a new table, all traces are to be copied."""
    if not is_used():
        with transaction.atomic():
            for model in (TraceCopying, UncopiedTraces, ErasedProject):
                model.objects.all().delete()
        return
    is_new = ensure_table()
    if is_new or not TraceCopying.objects.exists():
        _start()


def mark_uncopied(ids: Sequence[uuid.UUID]) -> None:
    """Say that ClickHouse has not got these traces: in the transaction that stores them, after they are."""
    if ids and TraceCopying.objects.exists():
        UncopiedTraces.objects.create(first_id=min(ids), ids=list(ids))


def connect() -> None:
    """See to it that what is deleted is deleted in ClickHouse, too."""
    post_delete.connect(_mark_erased, sender=Project, dispatch_uid="clickhouse")


def _mark_erased(instance: Project, **_: Any) -> None:
    if TraceCopying.objects.exists():
        ErasedProject.objects.get_or_create(project_id=instance.pk)


def copied_until() -> uuid.UUID:
    """All traces whose ids are lower are in ClickHouse."""
    if not TraceCopying.objects.exists():
        return uuid.UUID(int=0)
    oldest = UncopiedTraces.objects.order_by("first_id").values_list("first_id", flat=True).first()
    return HIGHEST_ID if oldest is None else oldest


def kept_since(now: datetime) -> datetime:
    """PostgreSQL has all traces since then; it may have dropped those before, once they were copied."""
    days = settings.POSTGRES_TRACE_DAYS if is_used() else 0
    return _midnight(now.astimezone(UTC)) - days * _DAY if days else _EVER


def kept_from(now: datetime) -> uuid.UUID:
    """PostgreSQL has all traces from this id on."""
    return first_id_at(kept_since(now))


def waiting() -> tuple[int, datetime | None]:
    """How many traces are to be copied, without those of whole days, and since when the first one is."""
    found = UncopiedTraces.objects.aggregate(count=Sum("ids__len", default=0), oldest=Min("stored_at"))
    return found["count"], found["oldest"]


def copy_waiting() -> int:
    """Copy what waits, and erase deleted projects; how many traces were copied.

    One process does so at a time. ClickHouseAway: the rest goes on waiting.
    """
    copied = 0
    while count := _copy_some():
        copied += count
    for erased in ErasedProject.objects.all():
        server().run(_ERASE, {"id": erased.project_id})
        erased.delete()
    return copied


def _start() -> None:
    """From now on, and with all that is there: those who store at the moment come first."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {_TRACES} IN SHARE ROW EXCLUSIVE MODE")
        UncopiedTraces.objects.all().delete()
        TraceCopying.objects.get_or_create(pk=1)
        ids = RequestTrace.objects.values_list("id", flat=True)
        if (newest := ids.order_by("-id").first()) is not None:
            UncopiedTraces.objects.bulk_create(_days(ids.order_by("id")[0], newest))


def _days(first: uuid.UUID, last: uuid.UUID) -> Iterable[UncopiedTraces]:
    start: uuid.UUID = first
    while start <= last:
        end = first_id_at(_midnight(made_at(start)) + _DAY)
        yield UncopiedTraces(first_id=start, end_id=end)
        start = end


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _copy_some() -> int:
    """Copy what the oldest rows name, up to a bound; 0 where nothing waits, or another process is at it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        waiting = list(UncopiedTraces.objects.all()[:500])
        if not waiting:
            return 0
        if waiting[0].end_id is not None:
            return _copy_range(cursor, waiting[0])
        return _copy_named(cursor, waiting)


def _copy_named(cursor: Any, waiting: Sequence[UncopiedTraces]) -> int:
    """Those that the first of these rows name."""
    ids: list[uuid.UUID] = []
    taken = []
    for row in waiting:
        if row.end_id is not None or (ids and len(ids) + len(row.ids) > ROWS_AT_A_TIME):
            break
        ids += row.ids
        taken.append(row.pk)
    # Bounds keep partitions out that hold none.
    _copy(cursor, "id = ANY(%s) AND id >= %s AND id <= %s", [ids, min(ids), max(ids)])
    UncopiedTraces.objects.filter(pk__in=taken).delete()
    return len(ids)


def _copy_range(cursor: Any, row: UncopiedTraces) -> int:
    """The first traces of a row that names a whole day; what is left of it stays."""
    within = RequestTrace.objects.filter(id__gte=row.first_id, id__lt=row.end_id).order_by("id")
    ids = list(within.values_list("id", flat=True)[: ROWS_AT_A_TIME + 1])
    if ids:
        last = ids[:ROWS_AT_A_TIME][-1]
        _copy(cursor, "id >= %s AND id <= %s", [row.first_id, last])
    if len(ids) > ROWS_AT_A_TIME:
        row.first_id = ids[-1]
        row.save(update_fields=["first_id"])
    else:
        row.delete()
    return max(1, len(ids))


def _copy(cursor: Any, condition: str, values: Sequence[Any]) -> None:
    columns = ", ".join(starmap(_as_text, FIELDS.items()))
    rows = f"SELECT {columns} FROM {_TRACES} WHERE {condition}"  # noqa: S608 -- the names are constants
    with cursor.copy(f"COPY ({rows}) TO STDOUT", values) as copy:
        lines = b"".join(copy)
    if lines:
        server().insert(TABLE, [ID_TEXT, *list(FIELDS)[1:]], lines)


def _as_text(name: str, field: models.Field[Any, Any]) -> str:
    """The column as ClickHouse reads it."""
    return _UTC_TEXT.format(column=name) if isinstance(field, models.DateTimeField) else name
