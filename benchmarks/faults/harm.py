"""The faults, each as what it does to a site."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import psutil

from benchmarks.faults.site import ANSWER, Kind, Site
from tests.provider.mock_provider import Reply

HANGS_SECONDS = 10.0
# PostgreSQL writes into files that it has for a while.
FULL_SECONDS = 20.0
_BLOCK = 1024**2
_HOUR_SECONDS = 3600

Harm = Callable[[Site], None]


@dataclass(frozen=True, slots=True)
class Fault:
    """`unready`: the instance cannot serve everybody meanwhile, which `/readyz` has to say."""

    name: str
    harm: Harm
    kind: Kind = "plain"
    unready: bool = False


def kill(words: str) -> Harm:
    """kill -9 of the first process with these words."""

    def harm(site: Site) -> None:
        site.processes(words)[0].kill()

    return harm


def hang(words: str) -> Harm:
    """The processes with these words hang for some seconds: they are there, and answer nothing."""

    def harm(site: Site) -> None:
        found = site.processes(words)
        for process in found:
            process.suspend()
        time.sleep(HANGS_SECONDS)
        for process in found:
            with suppress(psutil.NoSuchProcess):
                process.resume()

    return harm


def hang_provider(site: Site) -> None:
    """The provider of messages takes requests, and answers none."""
    answers = threading.Event()
    site.slow_provider.default = Reply(release=answers)
    time.sleep(HANGS_SECONDS)
    site.slow_provider.default = ANSWER
    answers.set()


def fill_disk(site: Site) -> None:
    """Nothing more can be written, to the journal and the database alike."""
    filler = site.folder / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(os.urandom(_BLOCK))
    time.sleep(FULL_SECONDS)
    filler.unlink()


def set_clock_back(site: Site) -> None:
    """By an hour, for good; the database keeps its own time."""
    site.put_clock(-_HOUR_SECONDS)


FAULTS = (
    Fault("kill -9 of PostgreSQL", kill("bin/postgres"), unready=True),
    Fault("kill -9 of Valkey", kill("valkey-server"), unready=True),
    Fault("kill -9 of a web worker", kill("optimizer_app.instance.web")),
    Fault("kill -9 of the process for large prompts", kill("large prompts")),
    Fault("kill -9 of the embedding process", kill("manage.py embedding")),
    Fault("kill -9 of the background worker", kill("celery --app config worker --queues ingest")),
    Fault("kill -9 of the schedule", kill("celery --app config beat")),
    Fault("PostgreSQL hangs for 10 s", hang("postgres"), unready=True),
    Fault("Valkey hangs for 10 s", hang("valkey-server"), unready=True),
    Fault("the embedding process hangs for 10 s", hang("manage.py embedding")),
    Fault("the process for large prompts hangs for 10 s", hang("large prompts")),
    Fault("the background worker hangs for 10 s", hang("celery --app config worker --queues ingest")),
    Fault("a provider hangs for 10 s", hang_provider),
    Fault("the disk is full for 20 s", fill_disk, "disk"),
    Fault("the clock is set back by an hour", set_clock_back, "clock"),
)
