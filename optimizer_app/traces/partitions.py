"""Daily partitions of the trace table: created before they are needed, and dropped whole by age.

The table is partitioned on its UUIDv7 id alone, which holds the time: a key of id and date would be a
composite one, and Django's admin cannot work with those.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from django.db import connection, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import CreateModel
from django.db.migrations.state import ProjectState

from optimizer_app.trace_ids import first_id_at

TABLE = "optimizer_app_requesttrace"
COMING_DAYS = 7
_CREATION_LOCK = 0x746F6B656E  # the name of an advisory lock
_PARTITIONS = """
    SELECT relname, inhrelid IS NOT NULL, coalesce(inhdetachpending, false)
    FROM pg_class LEFT JOIN pg_inherits ON inhrelid = pg_class.oid AND inhparent = %s::regclass
    WHERE relkind = 'r' AND relname ~ %s
"""


class CreatePartitionedModel(CreateModel):
    """Creates the model's table as one that is partitioned by ranges of its id."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        plain = schema_editor.sql_create_table
        schema_editor.sql_create_table = f"{plain} PARTITION BY RANGE (id)"
        try:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        finally:
            schema_editor.sql_create_table = plain


def partition_name(day: date) -> str:
    return f"{TABLE}_{day:%Y%m%d}"


def ensure_coming_partitions(today: date) -> None:
    """The partitions of today and the coming week, so that no request ever waits for one."""
    ensure_partitions(today + timedelta(days=offset) for offset in range(COMING_DAYS + 1))


def ensure_partitions(days: Iterable[date]) -> None:
    """Create the partitions of these days (UTC) where they are missing; one process at a time does so."""
    missing = sorted({day for day in days if not _has_partition(day)})
    if not missing:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CREATION_LOCK])
        for day in missing:
            first, end = _bounds(day)
            cursor.execute(
                f"CREATE TABLE IF NOT EXISTS {partition_name(day)} PARTITION OF {TABLE} "
                f"FOR VALUES FROM ('{first}') TO ('{end}')"
            )


def partition_days() -> list[date]:
    """Days that have a partition, oldest first."""
    return sorted(_day(name) for name, _, _ in _partitions())


def drop_partitions_before(day: date) -> int:
    """Drop the partitions older than `day`; returns how many. Needs autocommit.

    Each is detached beside those who read and write the table, instead of under a lock that all of them would
    wait for. What an interrupted call left half done is ended.
    """
    old = [found for found in _partitions() if _day(found[0]) < day]
    with connection.cursor() as cursor:
        for name, is_attached, is_half_detached in old:
            if is_attached:
                how = "FINALIZE" if is_half_detached else "CONCURRENTLY"
                cursor.execute(f"ALTER TABLE {TABLE} DETACH PARTITION {name} {how}")
            cursor.execute(f"DROP TABLE {name}")
    return len(old)


def _partitions() -> list[tuple[str, bool, bool]]:
    """The tables of the days: name, whether it is attached still, and whether only half."""
    with connection.cursor() as cursor:
        cursor.execute(_PARTITIONS, [TABLE, f"^{TABLE}_[0-9]{{8}}$"])
        return cursor.fetchall()


def _has_partition(day: date) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [partition_name(day)])
        return bool(cursor.fetchone()[0])


def _day(name: str) -> date:
    return datetime.strptime(name.rsplit("_", 1)[1], "%Y%m%d").replace(tzinfo=UTC).date()


def _bounds(day: date) -> tuple[str, str]:
    midnight = datetime.combine(day, time.min, UTC)
    return str(first_id_at(midnight)), str(first_id_at(midnight + timedelta(days=1)))
