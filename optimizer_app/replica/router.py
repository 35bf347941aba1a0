"""Django's router: what a page reads of traces and rollups comes from the replica, all else from the primary.

Traces and rollups are what is large, and no page changes them: nobody misses what they did a moment ago.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import DEFAULT_DB_ALIAS, models

REPLICA = "replica"
# As Django names them: the settings name this router before there are models.
_READ_THERE = frozenset(
    {"requesttrace", "tracerollup", "cutrollup", "spendrollup", "tagrollup", "rollupstate"}
)
_reads_replica: ContextVar[bool] = ContextVar("reads_replica", default=False)


@contextmanager
def replica_reads() -> Iterator[None]:
    """Within the block traces and rollups are read from the replica."""
    token = _reads_replica.set(True)
    try:
        yield
    finally:
        _reads_replica.reset(token)


def reads_replica() -> bool:
    return _reads_replica.get()


def trace_alias() -> str:
    """Where traces and rollups are read now, for SQL of our own."""
    return REPLICA if reads_replica() else DEFAULT_DB_ALIAS


class ReplicaRouter:
    def db_for_read(self, model: type[models.Model], **_hints: Any) -> str:
        is_there = model._meta.app_label == "optimizer_app" and model._meta.model_name in _READ_THERE
        return trace_alias() if is_there else DEFAULT_DB_ALIAS

    def db_for_write(self, _model: type[models.Model], **_hints: Any) -> str:
        """Rows that were read from the replica are changed at the primary, too."""
        return DEFAULT_DB_ALIAS

    def allow_relation(self, _one: models.Model, _other: models.Model, **_hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, _app_label: str, **_hints: Any) -> bool:
        return db == DEFAULT_DB_ALIAS
