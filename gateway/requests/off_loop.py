"""What takes long of a large body, done beside the event loop: other requests are answered meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

# Read in about a millisecond.
SMALL_BYTES = 256 * 1024


async def off_loop(
    size_bytes: int,
    function: Callable[Parameters, Result],
    *args: Parameters.args,
    **kwargs: Parameters.kwargs,
) -> Result:
    """What the function returns: in a thread where so many bytes take long, else at once."""
    if size_bytes <= SMALL_BYTES:
        return function(*args, **kwargs)
    return await asyncio.to_thread(function, *args, **kwargs)
