"""The table of traces: the columns of `RequestTrace`, and what queries want to find ready in them.

Rows stand by project and id. Ids are bytes, since ClickHouse compares UUIDs by their second half; `trace_id`
shows them as everybody else writes them. What an older version of the table lacks is added to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.db import models

from optimizer_app.clickhouse.client import server
from optimizer_app.models import RequestTrace

TABLE = "traces"
# Given with each row, and kept as `id`.
ID_TEXT = "id_text"
_NO_ID = "00000000-0000-0000-0000-000000000000"
_TYPES: Mapping[type[models.Field], str] = {
    models.UUIDField: "UUID",
    models.ForeignKey: "UUID",
    models.DateTimeField: "DateTime64(6, 'UTC')",
    models.CharField: "LowCardinality(String)",
    models.BooleanField: "Bool",
    models.PositiveIntegerField: "UInt32",
    models.PositiveSmallIntegerField: "UInt16",
    models.FloatField: "Float64",
    models.DecimalField: "Decimal(16, 9)",
    models.JSONField: "String",
}
_BLOCK = (
    "id String, stage LowCardinality(String), kind LowCardinality(String), frozen Bool, tokens_before Int64, "
    "tokens_after Int64"
)
_LINE = "kind LowCardinality(String), tokens Int64, usd Decimal(18, 12)"
_SAVED = (
    "rule LowCardinality(String), kind LowCardinality(String), gross_usd Decimal(18, 12), "
    "net_usd Decimal(18, 12), read_back_usd Decimal(18, 12), re_read_usd Decimal(18, 12)"
)
_CALLS = "Array(Tuple(stage LowCardinality(String), block String, found Bool, tokens Int64))"
# Worked out once, as rows come in.
DERIVED = {
    "made_at": "DateTime64(3, 'UTC') MATERIALIZED fromUnixTimestamp64Milli("
    "reinterpretAsInt64(reverse(substring(id, 1, 6))), 'UTC') CODEC(DoubleDelta, LZ4)",
    "tag_map": "Map(String, String) MATERIALIZED JSONExtract(tags, 'Map(String, String)')",
    "stage_failed": "Bool MATERIALIZED arrayExists(stage -> stage.1 = 'failed', "
    "JSONExtract(stages, 'Array(Tuple(status String))'))",
    "cut_blocks": f"Array(Tuple({_BLOCK})) MATERIALIZED JSONExtract(blocks, 'Array(Tuple({_BLOCK}))')",
    "wanted_blocks": f"{_CALLS} MATERIALIZED JSONExtract(read_backs, '{_CALLS}')",
    "again_blocks": f"{_CALLS} MATERIALIZED JSONExtract(re_reads, '{_CALLS}')",
    "billed": f"Array(Tuple({_LINE})) MATERIALIZED "
    f"JSONExtract(ifNull(receipt, ''), 'billed', 'Array(Tuple({_LINE}))')",
    "saved": f"Array(Tuple({_SAVED})) MATERIALIZED "
    f"JSONExtract(ifNull(receipt, ''), 'rules', 'Array(Tuple({_SAVED}))')",
    "breakpoints_usd": "Nullable(Decimal(18, 12)) MATERIALIZED "
    "JSONExtract(ifNull(receipt, ''), 'breakpoints_usd', 'Nullable(Decimal(18, 12))')",
    "trace_id": "UUID ALIAS toUUID(UUIDNumToString(id))",
}
_DAYS_BEFORE = """
  SELECT DISTINCT partition FROM system.parts
  WHERE database = currentDatabase() AND table = {table:String} AND active AND partition < {day:String}
"""
# By their columns, in the order in which they are copied; the first one is the id.
FIELDS = {str(field.column): field for field in RequestTrace._meta.concrete_fields}


def type_of(column: str) -> str:
    """The type of a column's values, where there are any."""
    return _TYPES[type(FIELDS[column])].replace("LowCardinality(String)", "String")


def ensure_table() -> bool:
    """Make the table, or what it lacks; whether it was not there."""
    found = server().rows(f"EXISTS TABLE {TABLE}", {})
    if not found[0][0]:
        server().run(_create())
        return True
    for name, definition in _columns().items():
        server().run(f"ALTER TABLE {TABLE} ADD COLUMN IF NOT EXISTS {name} {definition}")
    return False


def drop_days_before(day: date) -> None:
    """Drop the traces of the days before."""
    old = server().rows(_DAYS_BEFORE, {"table": TABLE, "day": f"{day:%Y-%m-%d}"})
    for (partition,) in old:
        server().run(f"ALTER TABLE {TABLE} DROP PARTITION '{partition}'")


def _create() -> str:
    columns = ",\n  ".join(f"{name} {definition}" for name, definition in _columns().items())
    return f"""
    CREATE TABLE IF NOT EXISTS {TABLE} (
      {columns},
      INDEX of_conversation conversation_id TYPE bloom_filter(0.01) GRANULARITY 1
    ) ENGINE = ReplacingMergeTree PARTITION BY toDate(made_at) ORDER BY (project_id, id)
    """


def _columns() -> dict[str, str]:
    own = {name: _type(field) for name, field in FIELDS.items() if name != "id"}
    return {
        "id": f"FixedString(16) DEFAULT UUIDStringToNum({ID_TEXT})",
        ID_TEXT: f"String EPHEMERAL '{_NO_ID}'",
        **own,
        **DERIVED,
    }


def _type(column: models.Field) -> str:
    found = _TYPES[type(column)]
    if column.null:
        found = f"Nullable({found})"
    return f"{found} CODEC(ZSTD(3))" if isinstance(column, models.JSONField) else found
