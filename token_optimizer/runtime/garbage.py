"""Keeps the garbage collector away from work that makes many objects, of which hardly any is garbage.

CPython looks for cycles each time that some hundred objects were made, and through all objects every now and
then. The passages of one prompt are tens of thousands, and nearly all of them are freed by their reference
counts: a fifth to a third of a run was spent on finding no garbage.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# A request makes some thousand that are still held when it ends; the interpreter looks after 700.
_NEW_OBJECTS = 10_000


@contextmanager
def collector_paused() -> Iterator[None]:
    """No automatic collection until the block ends; the next one comes right after it.

    Where the collector is off already, it is left so: by whoever turned it off, or by a run on another
    thread, whose end turns it on again. So runs that overlap without end do not keep it off.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def what_lives_left_alone() -> Iterator[None]:
    """What lives now is no more looked through, until the block ends, and what is made later less often: for
    the life of a server, which has loaded all that it needs."""
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()
