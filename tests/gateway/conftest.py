"""Accounts at the worker's server. Models are imported within: this file is read before Django is set up.

Rows are committed, since the server must see them, and each test deletes its own: a flush of all tables
after every test would take longer than the tests, and would meet the server's own transactions.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.databases import delete_projects
from tests.provider.mock_provider import MockProvider
from tests.servers.live_server import LiveServer, running_server

if TYPE_CHECKING:
    from tests.gateway.accounts import Account

METRICS_TOKEN = "read-me-often"


@pytest.fixture
def transactional_db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """pytest-django's, without the flush."""
    with django_db_blocker.unblock():
        yield
        delete_projects()


@pytest.fixture
def server(transactional_db: None, _shared_server: Callable[[], LiveServer]) -> Iterator[LiveServer]:
    """The server of this worker's tests."""
    from tests.gateway.accounts import wait_until_drained

    running = _shared_server()
    yield running
    wait_until_drained(running)


@pytest.fixture(scope="session")
def _impatient_server(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[LiveServer]:
    # As another machine it must agree with the other server on whatever the order of a set may change.
    given = {"OPTIMIZER_UPSTREAM_TIMEOUT_SECONDS": "1"}
    with django_db_blocker.unblock(), running_server(anew=True, **given) as running:
        yield running


@pytest.fixture
def impatient_server(transactional_db: None, _impatient_server: LiveServer) -> Iterator[LiveServer]:
    """A server that gives a provider one second."""
    from tests.gateway.accounts import wait_until_drained

    yield _impatient_server
    wait_until_drained(_impatient_server)


@pytest.fixture(scope="session")
def lone_server(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[LiveServer]:
    """A server that finds no Valkey, whose figures are for whoever has the token."""
    environment = {"REDIS_URL": "redis://127.0.0.1:1/0", "OPTIMIZER_METRICS_TOKEN": METRICS_TOKEN}
    with django_db_blocker.unblock(), running_server(**environment) as running:
        yield running


@pytest.fixture
def provider() -> Iterator[MockProvider]:
    with MockProvider() as running:
        yield running


@pytest.fixture
def release() -> Iterator[threading.Event]:
    """Lets a held answer go; at the latest when the test is over."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def account(server: LiveServer, provider: MockProvider) -> Account:
    """An account whose two providers are the mock one."""
    from tests.gateway.accounts import add_mock, new_account

    made = new_account(server)
    add_mock(made, provider)
    return made


@pytest.fixture
def echo_account(server: LiveServer) -> Account:
    """An account without any provider."""
    from tests.gateway.accounts import new_account

    return new_account(server)
