"""SpillFile: events that an endpoint did not take, kept on disk until it does.

Each process writes a file of its own and holds a lock on it while it lives. What a process that ended left
behind is taken over by the next one that has events for the same endpoint.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import IO

import uuid_utils.compat

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # Windows: nothing is kept there
    fcntl = None

MAX_BYTES = 16 * 1024 * 1024
_SUFFIX = ".jsonl"


class SpillFile:
    """Lines in order, the oldest first, in a file that only its user may read.

    `name` tells endpoints apart. `folder` None keeps nothing. What was sent and not yet taken off when a
    process dies is sent again: receivers tell events apart by `event_id`.
    """

    def __init__(self, folder: Path | None, name: str, max_bytes: int = MAX_BYTES) -> None:
        self._folder = folder if fcntl is not None else None
        self._name = name
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._file: IO[bytes] | None = None
        # Of each line that waits, its length; they stand from `_start` to the end of the file.
        self._lengths: list[int] = []
        self._start = 0

    def __len__(self) -> int:
        return len(self._lengths)

    def append(self, lines: Sequence[bytes]) -> int:
        """Keep lines after those that wait already; how many found room. A folder that is none keeps none."""
        with self._lock:
            kept = 0
            with contextlib.suppress(OSError):
                for line in lines:
                    if not self._write(line):
                        break
                    kept += 1
                if self._file is not None:
                    self._file.flush()
            return kept

    def first(self, count: int) -> list[bytes]:
        """The lines that waited longest."""
        with self._lock:
            if self._file is None or not self._lengths:
                return []
            self._file.seek(self._start)
            return [self._file.read(length).rstrip(b"\n") for length in self._lengths[:count]]

    def take_off(self, count: int) -> None:
        """The first lines need not wait any longer."""
        with self._lock:
            self._start += sum(self._lengths[:count])
            del self._lengths[:count]
            if self._file is not None and not self._lengths:
                self._file.truncate(0)
                self._start = 0

    def take_over(self) -> None:
        """Put what processes that ended left behind before everything else. Called before the first line."""
        with self._lock, contextlib.suppress(OSError):
            for left in self._left_behind():
                for line in left.read().splitlines():
                    self._write(line)
                os.unlink(left.name)

    def close(self) -> None:
        """Let go of the file; it goes where nothing waits in it."""
        with self._lock:
            if self._file is None:
                return
            if not self._lengths:
                with contextlib.suppress(OSError):
                    os.unlink(self._file.name)
            self._file.close()
            self._file, self._lengths, self._start = None, [], 0

    def _write(self, line: bytes) -> bool:
        file = self._opened()
        end = self._start + sum(self._lengths)
        if file is None or end + len(line) >= self._max_bytes:
            return False
        file.seek(end)
        self._lengths.append(file.write(line + b"\n"))
        return True

    def _opened(self) -> IO[bytes] | None:
        if self._file is None and self._folder is not None:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = self._folder / f"{self._name}-{uuid_utils.compat.uuid7()}{_SUFFIX}"
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            # By its path, which it is known by when it is to go.
            self._file = open(path, "r+b", opener=lambda *_: descriptor)  # noqa: SIM115
            _is_locked(self._file)
        return self._file

    def _left_behind(self) -> Iterator[IO[bytes]]:
        """Files of the same endpoint that nobody holds any more, the oldest first."""
        if self._folder is None or not self._folder.is_dir():
            return
        for path in sorted(self._folder.glob(f"{self._name}-*{_SUFFIX}")):
            with contextlib.suppress(FileNotFoundError), open(path, "r+b") as file:
                if _is_locked(file):
                    yield file


def _is_locked(file: IO[bytes]) -> bool:
    """Whether this process holds the file from now on."""
    assert fcntl is not None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
