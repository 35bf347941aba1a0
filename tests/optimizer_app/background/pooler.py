"""A PgBouncer in transaction mode in front of the database of the tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from optimizer_app.instance.state import LOOPBACK, free_port
from tests.optimizer_app.traces.records import eventually
from tests.servers.live_server import database_url

_FETCHED = Path(sys.prefix) / "pgbouncer"
PGBOUNCER = shutil.which("pgbouncer") or shutil.which("pgbouncer", path=_FETCHED / "usr/sbin")
needs_pgbouncer = pytest.mark.skipif(
    PGBOUNCER is None, reason="pgbouncer is not installed; bin/test fetches it"
)
SERVER_CONNECTIONS = 2


@contextmanager
def running_pooler(folder: Path) -> Iterator[str]:
    """The URL of the database through it."""
    port = free_port()
    path = _written_config(folder, port)
    # It refuses to run as root.
    as_whom = ["-u", "nobody"] if os.geteuid() == 0 else []
    libraries = {"LD_LIBRARY_PATH": str(_FETCHED / "usr/lib/x86_64-linux-gnu")} if _FETCHED.exists() else {}
    process = subprocess.Popen(
        [str(PGBOUNCER), "-q", *as_whom, str(path)],
        env={**os.environ, **libraries},
        stderr=subprocess.PIPE,
    )
    direct = f":{connection.settings_dict['PORT']}/"
    url = database_url().replace(direct, f":{port}/")
    try:
        eventually(lambda: _answers(url))
        yield url
    finally:
        process.kill()
        process.wait()


def _written_config(folder: Path, port: int) -> Path:
    """That of a pooler on this port, with the users beside it, where the pooler's own user reads both."""
    settings = connection.settings_dict
    path = folder / "pgbouncer.ini"
    path.write_text(
        f"[databases]\n* = host={settings['HOST']} port={settings['PORT']}\n"
        f"[pgbouncer]\nlisten_addr = {LOOPBACK}\nlisten_port = {port}\nunix_socket_dir =\n"
        f"auth_type = plain\nauth_file = {folder}/users\npool_mode = transaction\n"
        f"default_pool_size = {SERVER_CONNECTIONS}\nmax_client_conn = 200\n"
    )
    (folder / "users").write_text(f'"{settings["USER"]}" "{settings["PASSWORD"]}"\n')
    folder.chmod(0o711)
    return path


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True
