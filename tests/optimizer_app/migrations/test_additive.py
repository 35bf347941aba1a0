"""Migrations run while the version before them still serves.

They take nothing from it, and hold no table for long.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import connection, models
from django.db.migrations import operations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

APP = "optimizer_app"
# The newest one that the first upgrade begins from.
BASELINE = "0029_identities"
# Tables that hold so many rows that to read them all takes long.
GROWING = {
    "requesttrace", "event", "capture", "tracerollup", "auditentry", "document", "precompression",
    "replayresult",
}  # fmt: skip
# Migrations whose own SQL or Python somebody has judged, and why it may run beside the version before.
JUDGED = {
    "0030_cut_rollups": "reads traces without a lock, and adds marks, of which there may be several",
    "0046_tags": "reads rollups without a lock, and fills a table that the version before does not know",
}
_HARMLESS = (
    operations.CreateModel, operations.AlterModelOptions, operations.AlterModelManagers, AddIndexConcurrently,
)  # fmt: skip
_OWN_CODE = (operations.RunSQL, operations.RunPython)


def problems(operation: Operation, before: ProjectState, made: set[str]) -> Iterator[str]:
    """What of an operation breaks or holds up the version before. `made` are the migration's own tables."""
    if isinstance(operation, operations.SeparateDatabaseAndState):
        for inner in operation.database_operations:
            yield from problems(inner, before, made)
    elif isinstance(operation, operations.AddField):
        yield from _of_a_new_column(operation, made)
    elif isinstance(operation, operations.AlterField):
        yield from _of_a_changed_column(operation, before)
    elif isinstance(operation, (operations.AddIndex, operations.AddConstraint)):
        if operation.model_name.lower() in GROWING - made:
            yield f"{operation.describe()}: reads {operation.model_name} under a lock"
    elif isinstance(operation, _OWN_CODE):
        yield f"{operation.describe()}: to be judged by somebody, and named in JUDGED"
    elif not isinstance(operation, _HARMLESS):
        yield f"{operation.describe()}: the version before needs what it changes"


def _of_a_new_column(operation: operations.AddField, made: set[str]) -> Iterator[str]:
    table = operation.model_name.lower()
    field = operation.field
    if table not in made and not (field.null or field.many_to_many or field.has_db_default()):
        yield f"{operation.describe()}: rows of the version before have no value; give it a db_default"
    if table in GROWING - made and (field.remote_field or field.unique or field.db_index):
        yield f"{operation.describe()}: reads {table} under a lock"


def _of_a_changed_column(operation: operations.AlterField, before: ProjectState) -> Iterator[str]:
    now = operation.field
    was = before.apps.get_model(APP, operation.model_name)._meta.get_field(operation.name)
    if now.db_parameters(connection)["type"] != was.db_parameters(connection)["type"]:
        yield f"{operation.describe()}: another type of column"
    if was.null and not now.null:
        yield f"{operation.describe()}: the version before writes nulls"
    if was.has_db_default() and not now.has_db_default():
        yield f"{operation.describe()}: the version before leaves it to the database"


def test_migrations_run_beside_the_version_before() -> None:
    loader = MigrationLoader(None)
    found = []
    for app, name in sorted(key for key in loader.disk_migrations if key[0] == APP and key[1] > BASELINE):
        migration = loader.get_migration(app, name)
        before = loader.project_state((app, name), at_end=False)
        made = {each.name_lower for each in migration.operations if isinstance(each, operations.CreateModel)}
        for operation in migration.operations:
            if not (name in JUDGED and isinstance(operation, _OWN_CODE)):
                found += [f"{name}: {problem}" for problem in problems(operation, before, made)]
            operation.state_forwards(APP, before)
    assert found == []


@pytest.mark.parametrize(
    ("operation", "problem"),
    [
        (operations.AddField("project", "a", models.IntegerField(default=1)), "give it a db_default"),
        (operations.AddField("project", "a", models.IntegerField(default=1, db_default=1)), ""),
        (operations.AddField("project", "a", models.IntegerField(null=True)), ""),
        (operations.AddField("event", "a", models.IntegerField(null=True, db_index=True)), "under a lock"),
        (operations.AlterField("project", "name", models.TextField()), "another type"),
        (operations.AlterField("event", "next_try_at", models.DateTimeField()), "writes nulls"),
        (operations.AddIndex("event", models.Index(fields=["attempts"], name="i")), "under a lock"),
        (operations.AddIndex("project", models.Index(fields=["name"], name="i")), ""),
        (operations.RemoveField("project", "name"), "needs what it changes"),
        (operations.RenameField("project", "name", "title"), "needs what it changes"),
        (operations.DeleteModel("project"), "needs what it changes"),
        (operations.RunSQL("SELECT 1"), "to be judged"),
        (operations.SeparateDatabaseAndState([operations.RemoveField("project", "name")]), "needs what"),
        (operations.SeparateDatabaseAndState(None, [operations.RemoveField("project", "name")]), ""),
    ],
)
def test_what_would_break_the_version_before(operation: Operation, problem: str) -> None:
    before = MigrationLoader(None).project_state((APP, BASELINE))
    assert problem in "; ".join(problems(operation, before, set()))
    assert bool(problem) == bool(list(problems(operation, before, set())))
