"""Events in SQLite: what the queries ask for in columns of its own, the whole event beside it."""

import json
import sqlite3
import threading
from collections.abc import Iterable
from typing import Any

_TABLE = """
CREATE TABLE IF NOT EXISTS events (
    event_id TEXT PRIMARY KEY,
    event_type TEXT NOT NULL,
    timestamp TEXT NOT NULL,
    api_key TEXT NOT NULL,
    trace_id TEXT NOT NULL,
    tokens_before INTEGER,
    tokens_saved INTEGER,
    compression_ratio REAL,
    route TEXT,
    fallback_used INTEGER,
    latency_ms REAL,
    faithfulness_score REAL,
    payload TEXT NOT NULL
);
CREATE VIEW IF NOT EXISTS completed AS SELECT * FROM events WHERE event_type = 'optimization_completed';
CREATE INDEX IF NOT EXISTS events_by_type ON events (event_type, timestamp);
"""
_INSERT = "INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_OPTIMIZATION = ("tokens_before", "tokens_saved", "compression_ratio", "route", "fallback_used")


class EventStore:
    """One connection, used by one thread at a time. An event that comes again is known by its id."""

    def __init__(self, path: str) -> None:
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, check_same_thread=False)
        self._connection.executescript(_TABLE)

    def add(self, events: Iterable[dict[str, Any]]) -> int:
        """Store events; how many were new."""
        rows = [_row(event) for event in events]
        with self._lock, self._connection:
            done = self._connection.executemany(_INSERT, rows)
        return done.rowcount

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._connection.execute(query).fetchall()

    def close(self) -> None:
        self._connection.close()


def _row(event: dict[str, Any]) -> tuple[Any, ...]:
    optimization, performance = event.get("optimization", {}), event.get("performance", {})
    return (
        *(event[name] for name in ("event_id", "event_type", "timestamp", "api_key", "trace_id")),
        *(optimization.get(name) for name in _OPTIMIZATION),
        performance.get("latency_ms"),
        event.get("faithfulness_score"),
        json.dumps(event),
    )
