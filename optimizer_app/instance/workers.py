"""The command lines of an instance's workers: web, the recorder, Celery, and the embedding process."""

from __future__ import annotations

import os
import socket
import sys

from django.conf import settings

from optimizer_app.child_processes import Command
from optimizer_app.instance import web

QUEUES = "ingest,delivery,upkeep"
# One worker has nobody to gossip with.
_QUIET_WORKER = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "INFO")


def web_workers(listener: socket.socket) -> list[Command]:
    return [
        Command(
            name=f"web-{number}",
            arguments=web.arguments(listener),
            environment=_environment(),
            folder=settings.BASE_DIR,
            descriptors=(listener.fileno(),),
        )
        for number in range(1, settings.WEB_CONCURRENCY + 1)
    ]


def celery_processes() -> list[Command]:
    celery = [sys.executable, "-m", "celery", "--app", "config"]
    started = {
        "celery-worker": [
            *celery,
            "worker",
            "--queues",
            QUEUES,
            *_QUIET_WORKER,
        ],
        # Apart, since a text takes it minutes, and niced, since it takes all that requests leave.
        "celery-precompression": [
            "nice",
            *celery,
            "worker",
            "--queues",
            "precompression",
            "--pool",
            "solo",
            "--hostname",
            "precompression@%h",
            *_QUIET_WORKER,
        ],
        "celery-beat": [*celery, "beat", "--pidfile", ""],
    }
    return [
        Command(name=name, arguments=line, environment=_environment(), folder=settings.BASE_DIR)
        for name, line in started.items()
    ]


def embedding_process() -> Command:
    return _command_of_ours("embedding")


def recorder_process() -> Command:
    return _command_of_ours("recorder", ends_last=True)


def _command_of_ours(name: str, *, ends_last: bool = False) -> Command:
    return Command(
        name=name,
        arguments=[sys.executable, "manage.py", name],
        environment=_environment(),
        folder=settings.BASE_DIR,
        ends_last=ends_last,
    )


def _environment() -> dict[str, str]:
    # The GNU C library gives each thread a heap, which keeps what it once had: two take a tenth less memory.
    return {"MALLOC_ARENA_MAX": "2", **os.environ, "OPTIMIZER_STATE_DIR": str(settings.STATE_DIR)}
