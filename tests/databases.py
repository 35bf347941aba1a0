"""A database of tests for each worker of a run: the first one is migrated, which takes ten seconds, and the
others are copies of it as it was then.

`delete_projects` takes away what a test has committed, where servers work on the same rows.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import psycopg
import pytest
from django.db.models import CASCADE, ForeignObjectRel, Model
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


def delete_projects() -> None:
    """All projects with everything of theirs, in one round trip: Django would ask each table for its rows."""
    from django.db import IntegrityError, connection

    from optimizer_app.models import Document

    while True:
        # The server may store something of a project while it is deleted.
        with suppress(IntegrityError), connection.cursor() as cursor:
            Document.objects.all().delete()  # Their chunks are in tables that are no models.
            cursor.execute(f"DELETE FROM blocks; {_deletions()}")
            return


@cache
def _deletions() -> str:
    """One transaction, with the projects last, which others' rows are made under."""
    from django.db import connection

    from optimizer_app.models import Project

    models: dict[type[Model], None] = {}
    _add_dependents(Project, models)
    tables = [connection.ops.quote_name(model._meta.db_table) for model in reversed(models)]
    return "; ".join(f"DELETE FROM {table}" for table in tables)


def _add_dependents(model: type[Model], found: dict[type[Model], None]) -> None:
    """The model, and all whose rows go with its rows."""
    found[model] = None
    for relation in model._meta.get_fields(include_hidden=True):
        goes_too = isinstance(relation, ForeignObjectRel) and relation.on_delete is CASCADE
        if goes_too and relation.related_model not in found:
            _add_dependents(relation.related_model, found)


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
