"""Database connections of threads outside Django's request cycle."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

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
