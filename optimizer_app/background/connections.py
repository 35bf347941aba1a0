"""Database connections outside Django's request cycle and its pool."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django.db import close_old_connections

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


def unpooled(options: Mapping[str, Any]) -> dict[str, Any]:
    """The OPTIONS of a database for a connection of one's own, outside Django's pool."""
    return {name: value for name, value in options.items() if name != "pool"}
