"""Where a request looks for precompressed texts: one query for all of its texts, with a limit on its time.

A reader has a thread and a connection of its own, so that a lookup takes no longer than its limit, whatever
is wrong with the database, and so that it works in processes without Django.
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

from optimizer_app.background.connections import unpooled
from optimizer_app.precompression.sealing import row_key, unseal
from token_optimizer.ports import CompressionKey, PrecompressedText

log = structlog.get_logger(__name__)

# A lookup takes some 2 ms; the process that asks is niced, and may be kept waiting.
LOOKUP_TIMEOUT_SECONDS = 0.2
PAUSE_AFTER_FAILURE_SECONDS = 5.0
# For a network that drops packets: without them the thread would wait for minutes.
_TIMEOUTS = {"connect_timeout": 10, "tcp_user_timeout": 10_000, "application_name": "precompressions"}
_SELECT = """
    SELECT key, result, score, state = 'done'
    FROM optimizer_app_precompression
    WHERE project_id = %s AND key = ANY(%s) AND state IN ('done', 'below', 'no_gain')
"""


class Row(NamedTuple):
    """A finished row. `usable`: the result is shorter, and scores enough for the config that asked for it."""

    key: str
    result: str | None
    score: float | None
    usable: bool


@dataclass(frozen=True, slots=True)
class Lookups:
    """The lookups of one request: the keys of usable rows, how many texts have no row, and how many have an
    unusable one."""

    hits: tuple[str, ...] = ()
    misses: int = 0
    unusable: int = 0

    def __bool__(self) -> bool:
        return bool(self.hits or self.misses or self.unusable)


class PrecompressionReader:
    """One process's connection to the precompressions. After a failure it finds nothing for some seconds."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="precompressions")
        self._connection: psycopg.Connection | None = None
        self._paused_until = 0.0
        self._thread.submit(self._connect_early)

    def for_project(self, project_id: uuid.UUID, secret: str) -> ProjectPrecompressions:
        """The precompressions of the project with this secret, for one request."""
        return ProjectPrecompressions(self, project_id, secret)

    def fetch(self, project_id: uuid.UUID, keys: Sequence[str]) -> list[Row] | None:
        """The rows with these keys; None where the database does not answer in time."""
        if time.monotonic() < self._paused_until:
            return None
        try:
            return self._thread.submit(self._select, project_id, keys).result(LOOKUP_TIMEOUT_SECONDS)
        except (psycopg.Error, TimeoutError) as error:
            self._paused_until = time.monotonic() + PAUSE_AFTER_FAILURE_SECONDS
            log.warning("precompressions_unreachable", error=type(error).__name__)
            return None

    def close(self) -> None:
        self._thread.submit(self._disconnect)
        self._thread.shutdown(wait=False)

    def _connect_early(self) -> None:
        try:
            self._connected()
        except psycopg.Error as error:
            log.warning("precompressions_unreachable", error=type(error).__name__)

    def _select(self, project_id: uuid.UUID, keys: Sequence[str]) -> list[Row]:
        try:
            found = self._connected().execute(_SELECT, (project_id, list(keys)))
            return [Row(*row) for row in found.fetchall()]
        except psycopg.Error:
            self._disconnect()
            raise

    def _connected(self) -> psycopg.Connection:
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(self._conninfo, autocommit=True, prepare_threshold=None)
        return self._connection

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


@dataclass(slots=True)
class ProjectPrecompressions:
    """A project's precompressions as the pipeline asks for them, and the lookups of one request."""

    reader: PrecompressionReader
    project_id: uuid.UUID
    secret: str = field(repr=False)
    # By the hash of each text that was looked for: its row, the best of several rates.
    _found: dict[str, Row | None] = field(default_factory=dict)

    def find(self, keys: Sequence[CompressionKey]) -> Mapping[CompressionKey, PrecompressedText]:
        by_name = {row_key(key, self.secret): key for key in keys}
        rows = self.reader.fetch(self.project_id, list(by_name)) if by_name else []
        if rows is None:
            return {}
        for key in keys:
            self._found.setdefault(key.content_hash)
        for row in sorted(rows, key=attrgetter("usable")):
            self._found[by_name[row.key].content_hash] = row
        texts = ((by_name[row.key], self._text(row, by_name[row.key])) for row in rows)
        return {key: text for key, text in texts if text is not None}

    @property
    def lookups(self) -> Lookups:
        """The lookups so far; a text counts once."""
        rows = [row for row in self._found.values() if row is not None]
        hits = tuple(row.key for row in rows if row.usable)
        return Lookups(hits, len(self._found) - len(rows), len(rows) - len(hits))

    def _text(self, row: Row, key: CompressionKey) -> PrecompressedText | None:
        text = unseal(row.result, key, self.secret) if row.result else None
        return None if text is None else PrecompressedText(text, row.score or 0.0)


def conninfo_of(database: Mapping[str, object]) -> str:
    """libpq's connection string for a database of Django's settings."""
    options = database.get("OPTIONS") or {}
    assert isinstance(options, Mapping)
    names = {"host": "HOST", "port": "PORT", "dbname": "NAME", "user": "USER", "password": "PASSWORD"}
    login = {name: database[key] for name, key in names.items() if database.get(key)}
    return psycopg.conninfo.make_conninfo(**{**_TIMEOUTS, **unpooled(options), **login})
