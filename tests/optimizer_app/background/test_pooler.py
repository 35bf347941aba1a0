"""A pooler in transaction mode: a whole server behind it, and what needs a session of its own past it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from django.db import connection, connections, transaction

from config import env
from optimizer_app.background.connections import connection_apart, session_connection
from optimizer_app.background.machine_lock import machine_lock
from optimizer_app.models import ApiKey, OptimizationConfig, Project
from tests.optimizer_app.background.pooler import needs_pgbouncer, running_pooler
from tests.optimizer_app.traces.records import eventually
from tests.patience import PATIENCE_SECONDS
from tests.servers.live_server import LiveServer, database_url
from tests.state_folder import state_folder

pytestmark = needs_pgbouncer


@pytest.fixture(scope="module")
def pooled_url(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    with django_db_blocker.unblock(), state_folder() as folder, running_pooler(folder) as url:
        yield url


@pytest.fixture
def _through_pooler(
    transactional_db: None, pooled_url: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """This thread's connection leads through the pooler, as with both variables set."""
    monkeypatch.setenv("POOLED", pooled_url)
    monkeypatch.setenv("DIRECT", database_url())
    settings.DIRECT_DATABASE = env.database("DIRECT")
    before, connections["default"] = connections["default"], connection_apart(**env.database("POOLED"))
    yield
    connections["default"].close()
    connections["default"] = before


def test_a_server_works_behind_it(start_server: Callable[..., LiveServer], pooled_url: str) -> None:
    server = start_server(DATABASE_URL=pooled_url, DATABASE_DIRECT_URL=database_url())
    project = Project.objects.create(name="pooled")
    OptimizationConfig.objects.create(project=project, name="default", is_default=True)
    headers = {"authorization": f"Bearer {ApiKey.issue(project=project, name='k')[1]}"}
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Say hi."}]}

    def asked(_: int) -> int:
        url = f"{server.url}/v1/chat/completions"
        return requests.post(url, json=body, headers=headers, timeout=PATIENCE_SECONDS).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(asked, range(24))) == {200}
    eventually(lambda: project.traces.count() == 24)
    assert requests.get(f"{server.url}/readyz", timeout=PATIENCE_SECONDS).status_code == 200
    assert requests.get(f"{server.url}/login", timeout=PATIENCE_SECONDS).status_code == 200


@pytest.mark.usefixtures("_through_pooler")
def test_a_lock_of_a_machine_holds_and_is_given_back() -> None:
    held, release = threading.Event(), threading.Event()

    def hold() -> bool:
        try:
            with machine_lock("of a test") as alone:
                held.set()
                release.wait(PATIENCE_SECONDS)
                return alone
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(hold)
        assert held.wait(PATIENCE_SECONDS)
        with machine_lock("of a test") as alone:
            assert not alone
        release.set()
        assert holding.result(PATIENCE_SECONDS)
    for _ in range(3):
        with machine_lock("of a test") as alone:
            assert alone


@pytest.mark.usefixtures("_through_pooler")
def test_what_is_set_past_it_stays_in_the_block() -> None:
    with session_connection(), connection.cursor() as cursor:
        assert connection.settings_dict["PORT"] != pooled_port()
        cursor.execute("SELECT set_config('lock_timeout', '2s', false)")
        with transaction.atomic():
            cursor.execute("SHOW lock_timeout")
            assert cursor.fetchone() == ("2s",)
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)


def pooled_port() -> int:
    return int(env.database("POOLED")["PORT"])
