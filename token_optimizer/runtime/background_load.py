"""Something that takes long to load, loaded on a thread of its own while others go on without it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from token_optimizer.errors import StageSkipped

T = TypeVar("T")
# The pause before a load that failed is tried again.
_RETRY_SECONDS = 30.0


class BackgroundLoad(Generic[T]):
    """Loading begins at once. Safe across threads."""

    def __init__(self, what: str, load: Callable[[], T]) -> None:
        """`what` names it in the reasons that are shown to people."""
        self._what = what
        self._load = load
        self._lock = threading.Lock()
        self._loaded: T | None = None
        self._failure = ""
        self._retry_at = 0.0
        self._thread = self._started()

    def get(self) -> T:
        """What was loaded. StageSkipped says why it is not there; a failure is tried again now and then."""
        loaded = self._loaded
        if loaded is not None:
            return loaded
        with self._lock:
            if self._thread.is_alive():
                raise StageSkipped(f"{self._what} still loads")
            # It may have come since the first look.
            loaded = self._loaded
            if loaded is not None:
                return loaded
            if time.monotonic() >= self._retry_at:
                self._thread = self._started()
            raise StageSkipped(f"{self._what} could not be loaded: {self._failure}")

    def wait(self, timeout_seconds: float | None = None) -> None:
        """Wait until the loading that goes on is over."""
        self._thread.join(timeout_seconds)

    def _started(self) -> threading.Thread:
        thread = threading.Thread(target=self._run, name=f"loading {self._what}", daemon=True)
        thread.start()
        return thread

    def _run(self) -> None:
        try:
            self._loaded = self._load()
        except Exception as error:
            # The type alone: a message could hold a password.
            self._failure = type(error).__name__
            self._retry_at = time.monotonic() + _RETRY_SECONDS
