"""The order in which texts are embedded: a question before a document, in turns of a few tenths of a second.

A turn takes a few texts, from the jobs that have the fewest left. So a question that comes while a long
document is embedded waits for one turn alone, and short texts of several callers go through the model
together. Long texts gain nothing by that: on a CPU two of them take twice the time of one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import count

import numpy as np
from numpy.typing import NDArray

CHARS_PER_TURN = 2000
# The fixed cost of a text, in characters; and how far the model reads.
_CHARS_PER_TEXT = 50
_MAX_CHARS_READ = 1200
_serial = count()


class NoModel(Exception):
    """The embedding model could not be loaded."""


@dataclass(slots=True)
class Job:
    """One caller's texts, questions or passages. Cancelling `answer` takes it off the queue."""

    texts: Sequence[str]
    query: bool = False
    rows: list[NDArray[np.float32]] = field(default_factory=list)
    answer: Future[NDArray[np.float32]] = field(default_factory=Future)
    serial: int = field(default_factory=lambda: next(_serial))

    @property
    def left(self) -> int:
        return len(self.texts) - len(self.rows)

    def take(self, vectors: NDArray[np.float32]) -> None:
        """The next rows; with the last of them the caller gets all."""
        self.rows.extend(vectors)
        if not self.left and self.answer.set_running_or_notify_cancel():
            self.answer.set_result(np.stack(self.rows))

    def fail(self, error: Exception) -> None:
        """Raise the error to the caller, where it still waits."""
        if not self.answer.done() and self.answer.set_running_or_notify_cancel():
            self.answer.set_exception(error)


@dataclass(frozen=True, slots=True)
class Turn:
    """Texts that go through the model together: of each job, how many of its next ones."""

    shares: list[tuple[Job, int]]

    def texts(self, as_query: Callable[[str], str]) -> list[str]:
        """The texts, the questions among them as the model wants them."""
        taken = [(job, job.texts[len(job.rows) :][:some]) for job, some in self.shares]
        return [as_query(text) if job.query else text for job, texts in taken for text in texts]

    def finish(self, vectors: NDArray[np.float32]) -> None:
        """Hand each job its rows."""
        start = 0
        for job, some in self.shares:
            job.take(vectors[start : start + some])
            start += some

    def fail(self, error: Exception) -> None:
        """Raise the error to the callers of this turn alone."""
        for job, _ in self.shares:
            job.fail(error)


class EmbeddingQueue:
    """Filled by the callers' connections, emptied by the one thread that has the model."""

    def __init__(self) -> None:
        self._jobs: list[Job] = []
        self._filled = threading.Condition()
        self._closed = False

    def add(self, job: Job) -> None:
        """Put a job of at least one text in line."""
        with self._filled:
            if self._closed:
                job.fail(NoModel())
            self._jobs.append(job)
            self._filled.notify()

    def close(self) -> None:
        """There is no model: fail the jobs in the queue, and those that come later."""
        with self._filled:
            self._closed = True
            for job in self._jobs:
                job.fail(NoModel())

    def next_turn(self) -> Turn:
        """The texts to embed now; waits until there are some."""
        with self._filled:
            while True:
                self._jobs = [job for job in self._jobs if job.left and not job.answer.done()]
                if self._jobs:
                    return Turn(_shares(self._jobs))
                self._filled.wait()


def _shares(jobs: list[Job]) -> list[tuple[Job, int]]:
    """At least one text, and then as many as the turn has room for."""
    shares: list[tuple[Job, int]] = []
    room = CHARS_PER_TURN
    for job in sorted(jobs, key=lambda job: (job.left, job.serial)):
        some = 0
        for text in job.texts[len(job.rows) :]:
            cost = _CHARS_PER_TEXT + min(len(text), _MAX_CHARS_READ)
            if cost > room and (some or shares):
                break
            some += 1
            room -= cost
        if not some:
            break
        shares.append((job, some))
    return shares
