"""What an instance keeps about itself in its state folder: `secrets.json`, readable by its owner alone.

The file is made once, under a lock, so that several processes starting at the same time agree on it.
"""

from __future__ import annotations

import dataclasses
import errno
import fcntl
import json
import os
import secrets
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

LOOPBACK = "127.0.0.1"
DATABASE_NAME = "token_optimizer"
# The role that owns the cluster, and the one that everything but its preparation connects as: no superuser.
DATABASE_SUPERUSER = "token_optimizer"
DATABASE_USER = "token_optimizer_app"
SECRETS_FILE = "secrets.json"
# Below those that systems hand out to connections, which may take one before its server listens.
_SERVER_PORTS = range(20_000, 32_768)


class UnusableState(Exception):
    """The state folder cannot be written, or its secrets cannot be read; the message says which."""


@dataclass(frozen=True, slots=True)
class InstanceState:
    """Secrets, and where the embedded servers listen. `instance` is random, and names this installation.

    `encryption_key` may be several, separated by commas: the first one encrypts, all of them decrypt.
    `postgres_password` is the superuser's, `database_password` that of the role that the product uses.
    """

    instance: str
    django_secret_key: str
    encryption_key: str
    postgres_password: str
    database_password: str
    valkey_password: str
    postgres_port: int
    valkey_port: int

    @property
    def encryption_keys(self) -> tuple[str, ...]:
        return tuple(self.encryption_key.split(","))

    @property
    def database_url(self) -> str:
        login = f"{DATABASE_USER}:{self.database_password}"
        return f"postgres://{login}@{LOOPBACK}:{self.postgres_port}/{DATABASE_NAME}"

    @property
    def redis_url(self) -> str:
        return f"redis://:{self.valkey_password}@{LOOPBACK}:{self.valkey_port}/0"


def load_or_create(state_dir: Path) -> InstanceState:
    """The instance's state; made on the first call."""
    path = state_dir / SECRETS_FILE
    try:
        if path.exists() and (state := _read(path)).database_password:
            return state
        with _locked(state_dir):
            _write(path, _completed(_read(path)) if path.exists() else _new_state())
            return _read(path)
    except OSError as error:
        raise UnusableState(f"OPTIMIZER_STATE_DIR: {error.filename or path}: {error.strerror}") from None


def move_ports(state_dir: Path, *, postgres_port: int, valkey_port: int) -> InstanceState:
    """Store where the servers listen from now on; returns the new state."""
    return _changed(state_dir, postgres_port=postgres_port, valkey_port=valkey_port)


def put_encryption_keys(state_dir: Path, keys: Iterable[str]) -> InstanceState:
    """Store the keys for every start from now on; returns the new state."""
    return _changed(state_dir, encryption_key=",".join(keys))


def _changed(state_dir: Path, **values: Any) -> InstanceState:
    with _locked(state_dir):
        state = dataclasses.replace(_read(state_dir / SECRETS_FILE), **values)
        _write(state_dir / SECRETS_FILE, state)
    return state


def free_port() -> int:
    """A loopback TCP port that nothing listens on now."""
    while True:
        port = secrets.choice(_SERVER_PORTS)
        with socket.socket() as probe:
            try:
                probe.bind((LOOPBACK, port))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
            else:
                return port


def _completed(state: InstanceState) -> InstanceState:
    """With what versions before did not have."""
    if state.database_password:
        return state
    return dataclasses.replace(state, database_password=secrets.token_urlsafe(24))


def _new_state() -> InstanceState:
    return InstanceState(
        instance=secrets.token_hex(8),
        django_secret_key=secrets.token_urlsafe(48),
        encryption_key=Fernet.generate_key().decode(),
        postgres_password=secrets.token_urlsafe(24),
        database_password=secrets.token_urlsafe(24),
        valkey_password=secrets.token_urlsafe(24),
        postgres_port=free_port(),
        valkey_port=free_port(),
    )


def _read(path: Path) -> InstanceState:
    try:
        return InstanceState(**{"database_password": "", **json.loads(path.read_text())})
    except (ValueError, TypeError):
        raise UnusableState(
            f"{path} is damaged: it holds the instance's secrets, restore it from a backup"
        ) from None


def _write(path: Path, state: InstanceState) -> None:
    """Whole or not at all: a new file of mode 0600 takes the old one's place.

    It is the folder's owner's, whoever writes it: an instance that root started goes on as another user.
    """
    new = path.with_suffix(".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        if os.geteuid() == 0:
            owner = path.parent.stat()
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
        json.dump(dataclasses.asdict(state), file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


@contextmanager
def _locked(state_dir: Path) -> Iterator[None]:
    state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(state_dir / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
