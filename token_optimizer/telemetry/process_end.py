"""What becomes of emitters where a process ends, or a child is forked from it."""

from __future__ import annotations

import atexit
import os
import sys
import time
import weakref
from typing import Protocol

EXIT_SECONDS = 2.0


class Ending(Protocol):
    """What is shut down at the end of its process, and starts afresh in a child."""

    def begin_shutdown(self, timeout: float) -> None: ...

    def shutdown(self, timeout: float) -> int: ...

    def start_afresh(self) -> None: ...


_living: weakref.WeakSet[Ending] = weakref.WeakSet()
# Whether `multiprocessing` shuts all emitters down at the end of this process.
_ends_with_child = False


def add(emitter: Ending) -> None:
    """Shut it down at the end of the process, unless nobody holds it until then."""
    _living.add(emitter)


@atexit.register
def _shut_all_down() -> None:
    """Give what still waits at the end of the process a bounded chance, all emitters together."""
    deadline = time.monotonic() + EXIT_SECONDS
    emitters = list(_living)
    for emitter in emitters:
        emitter.begin_shutdown(EXIT_SECONDS)
    for emitter in emitters:
        emitter.shutdown(max(0.0, deadline - time.monotonic()))


def shut_down_with_child() -> None:
    """A child that `multiprocessing` forked ends without `atexit`, but not without its finalizers.

    They are cleared when the child begins, so that this is called later.
    """
    global _ends_with_child
    multiprocessing = sys.modules.get("multiprocessing")
    if _ends_with_child or multiprocessing is None or multiprocessing.parent_process() is None:
        return
    from multiprocessing.util import Finalize

    Finalize(None, _shut_all_down, exitpriority=0)
    _ends_with_child = True


def _start_all_afresh() -> None:
    global _ends_with_child
    _ends_with_child = False
    for emitter in list(_living):
        emitter.start_afresh()


os.register_at_fork(after_in_child=_start_all_afresh)
