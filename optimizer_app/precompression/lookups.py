"""Where a request looks for what was compressed ahead: one query for all of its texts, or nothing at all.

The line to PostgreSQL is a thread of its own with a connection of its own, so that a look takes no longer
than it may, whatever is wrong with the database, and so that it works in processes without Django.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from operator import attrgetter
from typing import NamedTuple

import psycopg
import structlog

from optimizer_app.precompression.sealing import row_key, unseal
from token_optimizer.optimizer.compression.precompressions import CompressionKey, MadeAhead

log = structlog.get_logger(__name__)

# One look takes some 2 ms; the process that looks is niced, and may be kept waiting.
WITHIN_SECONDS = 0.2
PAUSE_AFTER_FAILURE_SECONDS = 5.0
# Where the network swallows everything, the thread is free again after so long.
_LINE = {"connect_timeout": 10, "tcp_user_timeout": 10_000, "application_name": "compressions ahead"}
_SELECT = """
    SELECT key, result, score, state = 'done'
    FROM optimizer_app_aheadcompression
    WHERE project_id = %s AND key = ANY(%s) AND state IN ('done', 'below', 'no_gain')
"""


class Row(NamedTuple):
    """What is kept under a key. `is_made`: it is worth to be sent, by the config that wanted it."""

    key: str
    result: str | None
    score: float | None
    is_made: bool


@dataclass(frozen=True, slots=True)
class Looks:
    """What one request looked for: the keys of rows that it found made, and how many texts it did not find,
    or found to be better left as they are."""

    hits: tuple[str, ...] = ()
    misses: int = 0
    stays: int = 0

    def __bool__(self) -> bool:
        return bool(self.hits or self.misses or self.stays)


class KeptCompressions:
    """One process's line to what is kept. Where that is slow or down, nothing is found for some seconds."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="compressions-ahead")
        self._connection: psycopg.Connection | None = None
        self._paused_until = 0.0
        self._thread.submit(self._connect_early)

    def of(self, project_id: uuid.UUID, secret: str) -> ProjectCompressions:
        """What is kept for the project with this secret, to one request."""
        return ProjectCompressions(self, project_id, secret)

    def fetch(self, project_id: uuid.UUID, keys: Sequence[str]) -> list[Row] | None:
        """The rows with these keys; None where that cannot be found out in time."""
        if time.monotonic() < self._paused_until:
            return None
        try:
            return self._thread.submit(self._select, project_id, keys).result(WITHIN_SECONDS)
        except (psycopg.Error, TimeoutError) as error:
            self._paused_until = time.monotonic() + PAUSE_AFTER_FAILURE_SECONDS
            log.warning("compressions_ahead_unreachable", error=type(error).__name__)
            return None

    def close(self) -> None:
        self._thread.submit(self._hang_up)
        self._thread.shutdown(wait=False)

    def _connect_early(self) -> None:
        try:
            self._connected()
        except psycopg.Error as error:
            log.warning("compressions_ahead_unreachable", error=type(error).__name__)

    def _select(self, project_id: uuid.UUID, keys: Sequence[str]) -> list[Row]:
        try:
            found = self._connected().execute(_SELECT, (project_id, list(keys)))
            return [Row(*row) for row in found.fetchall()]
        except psycopg.Error:
            self._hang_up()
            raise

    def _connected(self) -> psycopg.Connection:
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(self._conninfo, autocommit=True, prepare_threshold=None)
        return self._connection

    def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


@dataclass(slots=True)
class ProjectCompressions:
    """What is kept for a project, as the pipeline asks for it, and what one request asked."""

    kept: KeptCompressions
    project_id: uuid.UUID
    secret: str = field(repr=False)
    # By the hash of each text that was looked for: what was found, the best of several rates.
    _found: dict[str, Row | None] = field(default_factory=dict)

    def find(self, keys: Sequence[CompressionKey]) -> Mapping[CompressionKey, MadeAhead]:
        named = {row_key(key, self.secret): key for key in keys}
        rows = self.kept.fetch(self.project_id, list(named)) if named else []
        if rows is None:
            return {}
        for key in keys:
            self._found.setdefault(key.content_hash)
        for row in sorted(rows, key=attrgetter("is_made")):
            self._found[named[row.key].content_hash] = row
        made = ((named[row.key], self._made(row, named[row.key])) for row in rows)
        return {key: compression for key, compression in made if compression is not None}

    @property
    def looks(self) -> Looks:
        """What was asked so far, each text once."""
        rows = [row for row in self._found.values() if row is not None]
        hits = tuple(row.key for row in rows if row.is_made)
        return Looks(hits, len(self._found) - len(rows), len(rows) - len(hits))

    def _made(self, row: Row, key: CompressionKey) -> MadeAhead | None:
        text = unseal(row.result, key, self.secret) if row.result else None
        return None if text is None else MadeAhead(text, row.score or 0.0)


def line_to(database: Mapping[str, object]) -> str:
    """How to reach the database of these settings of Django, as libpq reads it."""
    options = database.get("OPTIONS") or {}
    assert isinstance(options, Mapping)
    own = {name: value for name, value in options.items() if name != "pool"}
    names = {"host": "HOST", "port": "PORT", "dbname": "NAME", "user": "USER", "password": "PASSWORD"}
    login = {name: database[key] for name, key in names.items() if database.get(key)}
    return psycopg.conninfo.make_conninfo(**{**_LINE, **own, **login})
