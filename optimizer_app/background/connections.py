"""Database connections outside Django's request cycle and its pool."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from typing import Any, TypeVar

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, close_old_connections, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import load_backend

Result = TypeVar("Result")


def with_fresh_connections(query: Callable[[], Result]) -> Result:
    """The result of a function that uses the ORM.

    Nobody else drops a connection that died: without this one restart of PostgreSQL would break every later
    query of the thread.
    """
    close_old_connections()
    try:
        return query()
    finally:
        close_old_connections()


def connection_apart(**changes: Any) -> BaseDatabaseWrapper:
    """A connection of its own, outside Django's pool, with changes to the database's settings."""
    configured = {**deepcopy(connections.settings[DEFAULT_DB_ALIAS]), **changes}
    own = {**configured, "OPTIONS": unpooled(configured["OPTIONS"])}
    return load_backend(own["ENGINE"]).DatabaseWrapper(own, DEFAULT_DB_ALIAS)


@contextmanager
def session_connection() -> Iterator[None]:
    """What this thread asks the database within the block stays in one session, past a pooler.

    A pooler gives each transaction another session: what was locked or set in one would not be there in the
    next, and would be left behind for somebody else.
    """
    if settings.DIRECT_DATABASE is None:
        yield
        return
    before = connections[DEFAULT_DB_ALIAS]
    connections[DEFAULT_DB_ALIAS] = direct = connection_apart(**settings.DIRECT_DATABASE)
    try:
        yield
    finally:
        direct.close()
        connections[DEFAULT_DB_ALIAS] = before


def unpooled(options: Mapping[str, Any]) -> dict[str, Any]:
    """The OPTIONS of a database for a connection of one's own, outside Django's pool."""
    return {name: value for name, value in options.items() if name != "pool"}
