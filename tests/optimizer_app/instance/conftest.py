"""State folders and databases for instances and servers of a test's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.state_folder import state_folder


@pytest.fixture
def empty_database(transactional_db: None) -> Iterator[str]:
    """The URL of a database of its own."""
    from django.db import connection

    from tests.servers.live_server import database_url

    name = f"{connection.settings_dict['NAME']}_empty"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
        yield f"{database_url().rpartition('/')[0]}/{name}"
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def own_state_dir() -> Iterator[Path]:
    """With a space in it, as a user's path may have."""
    with state_folder() as folder:
        spaced = folder / "a state"
        spaced.mkdir(mode=0o711)
        yield spaced
