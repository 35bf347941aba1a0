"""How CPU time grows with the size of a text: linear code takes four times as long for four times as much.

The ratio is the same on a fast machine and a slow one, and CPU time is the same on a busy one. What comes out
above the limit is measured again, since a cold cache does not come twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable

GROWTH = 4
# Quadratic work takes sixteen times as long.
MAX_RATIO = 10
_TRIES = 4
# What comes and goes by chance: a collection of garbage, a table that is loaded.
_NOISE_SECONDS = 0.02


def repeated(piece: str, chars: int) -> str:
    """The piece again and again, up to a length."""
    return (piece * (chars // len(piece) + 1))[:chars]


def ratio(run: Callable[[str], object], piece: str, chars: int) -> float:
    """How many times as long four times the text takes; the least of several tries where it is too much."""
    least = float("inf")
    for attempt in range(_TRIES):
        # A text of its own for each try, which no cache knows; at its end nothing fits.
        large = _seconds(run, f"{attempt} {repeated(piece, chars * GROWTH)}x")
        # Whatever the small text takes, it counts as this at the least.
        small = _NOISE_SECONDS
        if large > MAX_RATIO * small:
            small = max(small, _seconds(run, f"{attempt} {repeated(piece, chars)}x"))
        least = min(least, large / small)
        if least <= MAX_RATIO:
            break
    return least


def _seconds(run: Callable[[str], object], text: str) -> float:
    start = time.thread_time()
    run(text)
    return time.thread_time() - start
