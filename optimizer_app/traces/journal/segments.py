"""The journal: lines on the local disk that outlive a `kill -9` of the process that wrote them.

A process appends to a segment of its own, a file that it holds a lock on. A segment is drained as a whole
and then removed. One that nobody holds a lock on was handed over, or left by a process that died: whoever
finds it first drains it. Nothing is synced: what was written survives the end of the process, not that of
the machine.
"""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import threading
from pathlib import Path
from typing import Self

import structlog

log = structlog.get_logger(__name__)

SUFFIX = ".jsonl"
REJECTED = "rejected"
# While the database is down a segment grows no larger than this, so that it can be stored in one go later.
SEGMENT_BYTES = 8 * 1024 * 1024


class Segment:
    """One file of lines. As long as it is open, no other process takes it for a leftover."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self.size = os.fstat(descriptor).st_size
        self._descriptor = descriptor

    @classmethod
    def create(cls, directory: Path) -> Self:
        """A new segment that this process holds."""
        while True:
            path = directory / f"{os.getpid()}-{secrets.token_hex(6)}{SUFFIX}"
            descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)
            # Between these two lines another process may have taken the empty file for a leftover.
            if hold(descriptor):
                return cls(path, descriptor)

    @classmethod
    def adopt(cls, path: Path) -> Self | None:
        """The segment, where its process is dead and nobody else has adopted it."""
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_APPEND)
        except FileNotFoundError:
            return None
        return cls(path, descriptor) if hold(descriptor) else None

    def append(self, line: bytes) -> None:
        """Write the line as a whole or not at all; OSError where it cannot be."""
        written = os.write(self._descriptor, line)
        if written < len(line):
            os.ftruncate(self._descriptor, self.size)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.size += written

    def lines(self) -> list[bytes]:
        """The whole lines; one that was torn off by a crash is left out."""
        content = self.path.read_bytes()
        *whole, torn = content.split(b"\n")
        if torn:
            log.warning("journal_line_torn", segment=self.path.name, bytes=len(torn))
        return [line for line in whole if line]

    def release(self) -> None:
        """Let another process drain it."""
        os.close(self._descriptor)

    def remove(self) -> None:
        """End the segment after it was drained."""
        self.path.unlink(missing_ok=True)
        os.close(self._descriptor)


def hold(descriptor: int) -> bool:
    """Lock a segment; False, and closed, where another process holds it or has removed it meanwhile."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return False
    if os.fstat(descriptor).st_nlink == 0:
        os.close(descriptor)
        return False
    return True


class SegmentJournal:
    """The segments of this process and those it adopted, oldest first. Safe to append to from any thread."""

    def __init__(self, directory: Path, segment_bytes: int = SEGMENT_BYTES) -> None:
        self.directory = directory
        self._segment_bytes = segment_bytes
        self._lock = threading.Lock()
        self._active: Segment | None = None
        self._closed: list[Segment] = []
        # The bytes of those that another process is to drain.
        self._handed_over: dict[Path, int] = {}

    def append(self, line: bytes) -> None:
        """Write a line with one system call; OSError where the disk does not take it."""
        with self._lock:
            if self._active is None:
                self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._active = Segment.create(self.directory)
            self._active.append(line)
            if self._active.size >= self._segment_bytes:
                self._close_active()

    def adopt_leftovers(self) -> int:
        """Take over the segments of dead processes; how many there were."""
        found = [segment for path in self._paths() if (segment := Segment.adopt(path))]
        with self._lock:
            self._closed.extend(found)
        return len(found)

    def hand_over(self, *, all_at_once: bool) -> None:
        """Leave what is written to another process. The active segment follows once that has drained those
        before it: while nothing can be stored, segments must not become many."""
        with self._lock:
            self._forget_drained()
            if all_at_once or not self._handed_over:
                self._close_active()
            for segment in self._closed:
                self._handed_over[segment.path] = segment.size
                segment.release()
            self._closed.clear()

    @property
    def waits_for_another(self) -> bool:
        """Whether something that was handed over is not drained yet."""
        with self._lock:
            self._forget_drained()
            return bool(self._handed_over)

    def pending(self) -> list[Segment]:
        """The segments to drain, oldest first.

        The active one is closed and joins them only when none waits: while nothing can be stored, segments
        must not become many.
        """
        with self._lock:
            if not self._closed:
                self._close_active()
            return list(self._closed)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to drain."""
        with self._lock:
            return self._active is None and not self._closed

    @property
    def size(self) -> int:
        """Bytes that wait to be drained."""
        with self._lock:
            held = [*self._closed, *([self._active] if self._active else [])]
            return sum(segment.size for segment in held) + sum(self._handed_over.values())

    def drained(self, segment: Segment) -> None:
        """Forget a segment whose lines are stored."""
        segment.remove()
        with self._lock:
            self._closed.remove(segment)

    def reject(self, line: bytes, source: str) -> None:
        """Set a line aside that cannot be stored, for people to look at."""
        folder = self.directory / REJECTED
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (folder / source).open("ab") as file:
            file.write(line.rstrip(b"\n") + b"\n")

    def _forget_drained(self) -> None:
        for path in [path for path in self._handed_over if not path.exists()]:
            del self._handed_over[path]

    def _close_active(self) -> None:
        if self._active is not None:
            self._closed.append(self._active)
            self._active = None

    def _paths(self) -> list[Path]:
        """All segments, oldest first; those of living processes, this one too, are among them."""
        found = []
        for path in self.directory.glob(f"*{SUFFIX}"):
            try:
                found.append((path.stat().st_mtime_ns, path))
            except FileNotFoundError:
                continue
        return [path for _, path in sorted(found)]
