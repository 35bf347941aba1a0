"""State folders for instances and servers of a test's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.state_folder import state_folder


@pytest.fixture
def own_state_dir() -> Iterator[Path]:
    """With a space in it, as a user's path may have."""
    with state_folder() as folder:
        spaced = folder / "a state"
        spaced.mkdir(mode=0o711)
        yield spaced
