"""A database of tests for each worker of a run: the first one is migrated, which takes ten seconds, and the
others are copies of it as it was then."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from pytest_django.plugin import DjangoDbBlocker


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest, django_db_modify_db_settings: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """pytest-django's, from the run's template where another worker has left one."""
    run = getattr(request.config, "workerinput", {}).get("testrunuid")
    if run is None:
        request.getfixturevalue("django_db_setup")
        yield
        return
    template = f"test_template_{run}"
    with _one_at_a_time():
        made = not _exists(template)
        _create(request, template, django_db_blocker, made)
    yield
    if made:
        with _one_at_a_time():
            _run(f'DROP DATABASE "{template}"')


def _create(request: pytest.FixtureRequest, template: str, blocker: DjangoDbBlocker, is_first: bool) -> None:
    """This worker's database; the first one becomes the others' template, too."""
    from django.db import connection

    if not is_first:
        connection.settings_dict["TEST"]["TEMPLATE"] = template
    request.getfixturevalue("django_db_setup")
    if is_first:
        with blocker.unblock():
            # PostgreSQL copies a database that nobody is connected to.
            connection.close()
            connection.close_pool()
        _run(f'CREATE DATABASE "{template}" TEMPLATE "{connection.settings_dict["NAME"]}"')


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Among the workers of this run, which share the folder."""
    with open(Path(os.environ["OPTIMIZER_STATE_DIR"]) / "test-databases.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _exists(name: str) -> bool:
    return bool(_run("SELECT FROM pg_database WHERE datname = %s", name))


def _run(statement: str, *parameters: str) -> int:
    """In the database that the settings name, which no test uses; how many rows there are."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as administrative:
        return administrative.execute(statement, parameters or None).rowcount
