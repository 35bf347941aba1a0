"""A temporary folder that PostgreSQL's own user can reach, unlike `tmp_path`."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def state_folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="token-optimizer-test-"))
    path.chmod(0o711)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
