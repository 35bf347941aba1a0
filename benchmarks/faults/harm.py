"""The faults, each as what it does to the processes of a running instance."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

import psutil

STOPPED_SECONDS = 10.0

Harm = Callable[[psutil.Process], None]


def processes(supervisor: psutil.Process, words: str) -> list[psutil.Process]:
    """The instance's processes with these words in their command line, the oldest first."""
    found = []
    for process in supervisor.children(recursive=True):
        with suppress(psutil.Error):
            if words in " ".join(process.cmdline()):
                found.append(process)
    return sorted(found, key=psutil.Process.create_time)


def kill(words: str) -> Harm:
    """kill -9 of the first process with these words."""

    def harm(supervisor: psutil.Process) -> None:
        processes(supervisor, words)[0].kill()

    return harm


def stop(words: str) -> Harm:
    """The processes with these words hang for some seconds: they are there, and answer nothing."""

    def harm(supervisor: psutil.Process) -> None:
        found = processes(supervisor, words)
        for process in found:
            process.suspend()
        time.sleep(STOPPED_SECONDS)
        for process in found:
            with suppress(psutil.NoSuchProcess):
                process.resume()

    return harm


FAULTS: dict[str, Harm] = {
    "kill -9 of PostgreSQL": kill("bin/postgres"),
    "kill -9 of Valkey": kill("valkey-server"),
    "kill -9 of a web worker": kill("optimizer_app.instance.web"),
    "kill -9 of the process for large prompts": kill("multiprocessing.spawn"),
    "kill -9 of the embedding process": kill("manage.py embedding"),
    "kill -9 of a background worker": kill("celery"),
    "PostgreSQL hangs for 10 s": stop("postgres"),
    "Valkey hangs for 10 s": stop("valkey-server"),
    "the embedding process hangs for 10 s": stop("manage.py embedding"),
    "the process for large prompts hangs for 10 s": stop("multiprocessing.spawn"),
}
