"""Daily partitions of the trace table: made ahead, and dropped whole by age.

The table is partitioned on its UUIDv7 id alone, which holds the time: a key of id and date would be a
composite one, and Django's admin cannot work with those.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from django.db import connection
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import CreateModel
from django.db.migrations.state import ProjectState

from optimizer_app.traces.ids import first_id_at

TABLE = "optimizer_app_requesttrace"


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


def create_partitions(days: Iterable[date]) -> None:
    """Make the partitions of these days (UTC) where they are missing."""
    with connection.cursor() as cursor:
        for day in sorted(set(days)):
            first, end = _bounds(day)
            cursor.execute(
                f"CREATE TABLE IF NOT EXISTS {partition_name(day)} PARTITION OF {TABLE} "
                f"FOR VALUES FROM ('{first}') TO ('{end}')"
            )


def partition_days() -> list[date]:
    """Days that have a partition, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT child.relname FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid "
            "WHERE inhparent = %s::regclass",
            [TABLE],
        )
        names = [name for (name,) in cursor.fetchall()]
    return sorted(_day(name) for name in names)


def drop_partitions_before(day: date) -> int:
    """Drop the partitions older than `day`; how many went."""
    old = [found for found in partition_days() if found < day]
    with connection.cursor() as cursor:
        for found in old:
            cursor.execute(f"DROP TABLE {partition_name(found)}")
    return len(old)


def _day(name: str) -> date:
    return datetime.strptime(name.rsplit("_", 1)[1], "%Y%m%d").replace(tzinfo=UTC).date()


def _bounds(day: date) -> tuple[str, str]:
    midnight = datetime.combine(day, time.min, UTC)
    return str(first_id_at(midnight)), str(first_id_at(midnight + timedelta(days=1)))
