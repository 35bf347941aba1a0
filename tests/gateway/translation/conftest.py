"""One account with a provider of every kind, for all cells of the matrix: each takes some milliseconds so."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.provider.mock_provider import MockProvider
from tests.servers.live_server import LiveServer

if TYPE_CHECKING:
    from tests.gateway.accounts import Account


@dataclass(frozen=True)
class Fleet:
    """`providers` by their kind. Requests for `to-KIND/…` go there."""

    account: Account
    providers: Mapping[str, MockProvider]


@pytest.fixture(scope="module")
def _fleet(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, _shared_server: Callable[[], LiveServer]
) -> Iterator[Fleet]:
    from tests.gateway.accounts import new_account, wait_until_drained
    from tests.gateway.routes import provider_at, route_to
    from tests.gateway.translation.features import KINDS

    with django_db_blocker.unblock(), ExitStack() as stack:
        account = new_account(_shared_server())
        mocks = {kind: stack.enter_context(MockProvider()) for kind in KINDS}
        for kind, mock in mocks.items():
            target = {"provider": provider_at(account, mock, f"at-{kind}", kind=kind), "model": "some-model"}
            route_to(account, f"to-{kind}", target, max_retries=0)
        yield Fleet(account, mocks)
        wait_until_drained(account.server)
        account.project.delete()


@pytest.fixture
def transactional_db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Committed rows, which stay for the tests to come: the fleet deletes its own."""
    with django_db_blocker.unblock():
        yield


@pytest.fixture
def fleet(transactional_db: None, _fleet: Fleet) -> Fleet:
    """The fleet, with nothing left of the test before."""
    for mock in _fleet.providers.values():
        mock.forget()
    return _fleet
