"""A backup is one tar file that nobody but its owner reads: it holds the keys in clear.

backup.json     the format, the version that made it and when, the newest migration
database.dump   what pg_dump makes
secrets.json    the state folder's, where it has one: the keys that stored secrets are encrypted with
journal/        traces and texts that were not in the database yet
"""

from __future__ import annotations

import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from django.conf import settings
from django.db.migrations.loader import MigrationLoader

from optimizer_app.instance.backup.database import ToolFailed, database_to_fill, database_to_save
from optimizer_app.instance.claim import AlreadyRuns, claimed
from optimizer_app.instance.servers.postgres import PostgresFailed
from optimizer_app.instance.servers.running import ServerFailed
from optimizer_app.instance.state import SECRETS_FILE

FORMAT = 1
_ABOUT, _DUMP, _JOURNAL = "backup.json", "database.dump", "journal"


class BackupFailed(Exception):
    """The backup cannot be made or used; the message says why."""


def back_up(target: Path) -> None:
    """Save the instance in a new file, whether it runs or not. Whole or not at all."""
    if target.exists():
        raise BackupFailed(f"{target} is there already: choose another name")
    with _said_plainly(), _folder_beside(target) as folder:
        # First: what is drained meanwhile is in the database as well, and stored once.
        _copy_journal(settings.JOURNAL_DIR, folder / _JOURNAL)
        with database_to_save() as database:
            about = _about(database.last_migration())
            database.dump(folder / _DUMP)
        (folder / _ABOUT).write_text(json.dumps(about, indent=2))
        if (secrets := settings.STATE_DIR / SECRETS_FILE).exists():
            shutil.copy(secrets, folder / SECRETS_FILE)
        _pack(folder, folder / "whole.tar")
        (folder / "whole.tar").rename(target)


def restore(source: Path) -> None:
    """Make the instance of a backup in a state folder, or a database, that has none."""
    with _said_plainly(), claimed(settings.STATE_DIR), _unpacked(source) as folder:
        _check_version(json.loads((folder / _ABOUT).read_text()))
        _check_no_instance()
        if (folder / SECRETS_FILE).exists():
            _take_secrets(folder / SECRETS_FILE)
        with database_to_fill() as database:
            if database.tables():
                raise BackupFailed("the database has tables already: restore into an empty one")
            database.restore(folder / _DUMP)
        _copy_journal(folder / _JOURNAL, settings.JOURNAL_DIR)


def _about(migration: str) -> dict[str, object]:
    return {
        "format": FORMAT,
        "version": settings.VERSION,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "migration": migration,
    }


def _check_version(about: dict[str, object]) -> None:
    known = {name for app, name in MigrationLoader(None).disk_migrations if app == "optimizer_app"}
    if about["format"] != FORMAT or about["migration"] not in known:
        raise BackupFailed(
            f"version {about['version']} made this backup, which is newer than this one, {settings.VERSION}"
        )


def _check_no_instance() -> None:
    """Secrets alone are made by any command that reads the settings, and protect nothing yet."""
    found = [name for name in ("postgres", "valkey", "journal") if (settings.STATE_DIR / name).exists()]
    if found:
        raise BackupFailed(f"{settings.STATE_DIR} has an instance already ({', '.join(found)})")


def _take_secrets(source: Path) -> None:
    target = settings.STATE_DIR / SECRETS_FILE
    source.chmod(0o600)
    shutil.copy(source, target)
    target.chmod(0o600)


def _copy_journal(source: Path, target: Path) -> None:
    """Segments may be drained, and then removed, while they are copied."""
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in source.glob("*.jsonl"):
        try:
            shutil.copy(path, target)
        except FileNotFoundError:
            continue


def _pack(folder: Path, target: Path) -> None:
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        with tarfile.open(fileobj=file, mode="w") as tar:
            for name in (_ABOUT, _DUMP, SECRETS_FILE, _JOURNAL):
                if (folder / name).exists():
                    tar.add(folder / name, name)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _unpacked(source: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="token-optimizer-restore-") as folder:
        try:
            with tarfile.open(source) as tar:
                tar.extractall(folder, filter="data")
        except tarfile.TarError as error:
            raise BackupFailed(f"{source} is no backup, or not a whole one: {error}") from None
        if not (Path(folder) / _ABOUT).exists():
            raise BackupFailed(f"{source} is no backup: it has no {_ABOUT}")
        yield Path(folder)


@contextmanager
def _folder_beside(target: Path) -> Iterator[Path]:
    """Where there is room for the file there is room for its parts; a rename moves no bytes."""
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as folder:
        yield Path(folder)


@contextmanager
def _said_plainly() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BackupFailed(f"{error.filename}: {error.strerror}") from None
    except psycopg.Error as error:
        raise BackupFailed(f"the database cannot be read: {str(error).strip()}") from None
    except (AlreadyRuns, PostgresFailed, ServerFailed, ToolFailed) as error:
        raise BackupFailed(str(error)) from None
