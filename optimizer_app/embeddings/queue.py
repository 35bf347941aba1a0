"""Whose texts the model embeds next: a question before a document, in turns of a few tenths of a second.

A turn takes a few texts, from the jobs that have the fewest left. So a question that comes while a long
document is embedded waits for one turn alone, and short texts of several callers go through the model
together. Long texts gain nothing by that: on a CPU two of them take twice the time of one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import count

import numpy as np
from numpy.typing import NDArray

CHARACTERS_A_TURN = 2000
# What a text costs beside its characters; and the model reads no further than this.
_CHARACTERS_EACH = 50
_CHARACTERS_READ = 1200
_serial = count()


@dataclass(slots=True)
class Job:
    """What one caller wants embedded: questions or passages. Cancelling `answer` takes it off the queue."""

    texts: list[str]
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
        """Tell the callers of the turn; those of others go on."""
        for job, _ in self.shares:
            if job.answer.set_running_or_notify_cancel():
                job.answer.set_exception(error)


class EmbeddingQueue:
    """Filled by the callers' connections, emptied by the one thread that has the model."""

    def __init__(self) -> None:
        self._jobs: list[Job] = []
        self._filled = threading.Condition()
        self._closed = False

    def add(self, job: Job) -> None:
        """Put a job of at least one text in line."""
        with self._filled:
            self._jobs.append(job)
            if self._closed:
                job.answer.cancel()
            self._filled.notify()

    def close(self) -> None:
        """There is no model: cancel what waits, and what will come."""
        with self._filled:
            self._closed = True
            for job in self._jobs:
                job.answer.cancel()

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
    room = CHARACTERS_A_TURN
    for job in sorted(jobs, key=lambda job: (job.left, job.serial)):
        some = 0
        for text in job.texts[len(job.rows) :]:
            cost = _CHARACTERS_EACH + min(len(text), _CHARACTERS_READ)
            if cost > room and (some or shares):
                break
            some += 1
            room -= cost
        if not some:
            break
        shares.append((job, some))
    return shares
