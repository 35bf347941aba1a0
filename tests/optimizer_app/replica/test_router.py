"""What is read from the replica, by whom."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError, connections, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client
from django.test.utils import CaptureQueriesContext

from optimizer_app.models import Project, RequestTrace, RollupState, SpanRollup
from optimizer_app.replica.lag import replica_watch
from optimizer_app.replica.router import replica_reads

MIDDLEWARE = "optimizer_app.replica.middleware.ReplicaReads"
ROUTER = "optimizer_app.replica.router.ReplicaRouter"


def test_pages_read_traces_and_rollups_there_and_all_else_at_the_primary(settings: Any) -> None:
    settings.DATABASE_ROUTERS = [ROUTER]
    fresh = type(router)()
    assert fresh.db_for_read(RequestTrace) == "default"
    with replica_reads():
        there = [RequestTrace, RollupState, *SpanRollup.__subclasses__()]
        assert {fresh.db_for_read(model) for model in there} == {"replica"}
        assert fresh.db_for_read(Project) == "default"
        read_there = RequestTrace()
        read_there._state.db = "replica"
        assert fresh.db_for_write(RequestTrace, instance=read_there) == "default"
        assert fresh.db_for_read(Project, instance=read_there) == "default"
    assert not fresh.allow_migrate("replica", "optimizer_app")


@pytest.fixture
def replica(transactional_db: None, settings: Any) -> Iterator[BaseDatabaseWrapper]:
    """The same database, where nothing can be written."""
    options = {"options": "-c default_transaction_read_only=on"}
    connections.settings["replica"] = {**connections.settings["default"], "OPTIONS": options}
    settings.DATABASE_ROUTERS = [ROUTER]
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, MIDDLEWARE]
    replica_watch.cache_clear()
    # Up to date by its own word: other tests write to the same server between one look and the other.
    replica_watch().written = lambda: 0
    # Django keeps tests from connecting to databases that they did not name.
    connections["replica"].connect()
    yield connections["replica"]
    connections["replica"].close()
    del connections["replica"], connections.settings["replica"]
    replica_watch.cache_clear()


@pytest.mark.parametrize("path", ["/", "/requests", "/money", "/blocks", "/api/traces/", "/api/overview/"])
def test_a_page_reads_there(replica: BaseDatabaseWrapper, as_admin: Client, path: str) -> None:
    with CaptureQueriesContext(replica) as asked:
        assert as_admin.get(path).status_code == 200
    tables = {table for query in asked for table in re.findall(r"\boptimizer_app_\w+", query["sql"])}
    assert tables & {"optimizer_app_requesttrace", "optimizer_app_tracerollup", "optimizer_app_rollupstate"}


def test_what_changes_something_reads_at_the_primary(replica: BaseDatabaseWrapper, as_admin: Client) -> None:
    with CaptureQueriesContext(replica) as asked:
        as_admin.post("/api/projects/", {"name": "new"}, content_type="application/json")
    assert not asked.captured_queries


def test_one_that_fails_on_a_page_is_not_asked_by_the_next(
    replica: BaseDatabaseWrapper, as_admin: Client
) -> None:
    assert replica_watch().is_fit()
    with replica.execute_wrapper(_failing):
        assert as_admin.get("/requests").status_code == 503
        assert as_admin.get("/requests").status_code == 200


def _failing(*_: Any) -> Any:
    raise OperationalError
