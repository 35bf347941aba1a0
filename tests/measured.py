"""Tells which lines of the project run: what `bin/test --cov` adds.

It is a plugin of pytest, for its own process and its workers, and `python -m tests.measured DESCRIPTOR` is
the server on a socket. Each leaves its lines in the folder TESTS_COVERAGE_DIR; slipcover merges and reports
them. A process that is killed leaves none, and other commands that tests run are not measured, nor is a
worker's process for large prompts.

Of what a server runs the library is left out: its own tests run it in pytest's processes, and preparing it
would take each start another second.
"""

from __future__ import annotations

import atexit
import json
import os
import sys
import uuid
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from slipcover import FileMatcher, ImportManager, Slipcover
from slipcover.config import read_config

if TYPE_CHECKING:
    import pytest

# slipcover would change code back once its lines were seen. To find all that refers to it takes longer than
# what that saves.
_NEVER = 2**31 - 1
_SETTINGS = read_config()


def measure(sources: Sequence[str], *, and_unseen: bool = False) -> Slipcover:
    """Count lines of what is imported from now on; `and_unseen`: those of files that nothing imports, too."""
    measured = Slipcover(
        d_miss_threshold=_NEVER,
        source=list(sources) if and_unseen else None,
        omit=_SETTINGS["omit"],
    )
    ImportManager(measured, FileMatcher(sources=sources, omit=_SETTINGS["omit"])).__enter__()
    return measured


def leave(measured: Slipcover) -> None:
    """Named as a result once it is whole: a process may be killed while it writes."""
    path = Path(os.environ["TESTS_COVERAGE_DIR"]) / uuid.uuid4().hex
    path.write_text(json.dumps(measured.get_coverage()))
    path.rename(path.with_suffix(".json"))


class _Plugin:
    def __init__(self) -> None:
        controls = "PYTEST_XDIST_WORKER" not in os.environ
        self.measured = measure(_SETTINGS["source"], and_unseen=controls)

    def pytest_unconfigure(self) -> None:
        leave(self.measured)


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """The first that a plugin is asked: before any file of tests is imported."""
    pluginmanager.register(_Plugin())


def _serve(descriptor: str) -> None:
    service = [name for name in _SETTINGS["source"] if name != "token_optimizer"]
    atexit.register(partial(leave, measure(service)))
    from optimizer_app.instance import web

    web.serve(int(descriptor))


if __name__ == "__main__":
    _serve(sys.argv[1])
