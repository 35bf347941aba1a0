"""A server with one project whose rows are committed, since the server and the demo must both see them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.databases import delete_projects
from tests.provider.mock_provider import MockProvider
from tests.servers.live_server import LiveServer

if TYPE_CHECKING:
    from tests.gateway.accounts import Account


@pytest.fixture
def transactional_db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """In the place of pytest-django's: its flush of all tables would meet the server's own transactions."""
    with django_db_blocker.unblock():
        yield
        delete_projects()


@pytest.fixture
def account(transactional_db: None, _shared_server: Callable[[], LiveServer]) -> Iterator[Account]:
    """The only project, answered by echo."""
    from tests.gateway.accounts import new_account, wait_until_drained

    server = _shared_server()
    yield new_account(server)
    wait_until_drained(server)


@pytest.fixture
def provider(account: Account) -> Iterator[MockProvider]:
    """A mock provider of both dialects behind the account."""
    from tests.gateway.accounts import add_mock

    with MockProvider() as running:
        add_mock(account, running)
        yield running
