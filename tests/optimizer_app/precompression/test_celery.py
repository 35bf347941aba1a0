"""A real Celery worker, woken by what is queued."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.db import connections
from redis.exceptions import TimeoutError as NothingYet

from optimizer_app.announcements import project_group
from optimizer_app.instance.workers import celery_processes
from optimizer_app.models import Precompression, Project
from optimizer_app.precompression.accept import queue_jobs
from tests.optimizer_app.precompression.texts import prose, wanted
from tests.patience import PATIENCE_SECONDS
from tests.servers.celery_worker import celery_worker


@pytest.fixture
def worker(project: Project, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The worker of the queue `precompression`, as `manage.py up` starts it."""
    (command,) = (command for command in celery_processes() if command.name == "celery-precompression")
    with celery_worker(command.arguments, tmp_path / "worker.log", state_dir=tmp_path) as process:
        yield process
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_SECONDS) == 0


async def test_what_is_queued_is_compressed_and_announced(
    project: Project, worker: subprocess.Popen[bytes]
) -> None:
    layer = get_channel_layer()
    assert layer is not None
    channel = await layer.new_channel()
    await layer.group_add(project_group(project.pk), channel)
    await sync_to_async(queue_jobs)([wanted(project, prose())])
    async with asyncio.timeout(PATIENCE_SECONDS):
        message = await received(layer, channel)
    assert message == {"type": "precompressions.changed", "project_id": str(project.pk)}
    row = await Precompression.objects.aget()
    assert (row.state, row.source) == ("done", None)
    assert os.getpriority(os.PRIO_PROCESS, worker.pid) > os.getpriority(os.PRIO_PROCESS, 0)
    await sync_to_async(connections.close_all)()


async def received(layer: Any, channel: str) -> dict[str, Any]:
    """The next message of the channel: its client waits some seconds at a time."""
    while True:
        with suppress(NothingYet):
            message: dict[str, Any] = await layer.receive(channel)
            return message
