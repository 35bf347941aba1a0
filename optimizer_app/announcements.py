"""Tells the live pages that something changed. They fetch it themselves."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

import redis.exceptions
import structlog
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

log = structlog.get_logger(__name__)

EVERY_PROJECT = "all"
TIMEOUT_SECONDS = 2.0


def project_group(project_id: uuid.UUID | str) -> str:
    """The channel-layer group of those who watch one project."""
    return f"project-{project_id}"


async def announce_traces(counts: Mapping[uuid.UUID, int]) -> None:
    """Say how many traces of which project were committed. Without Valkey the pages alone miss it."""
    await _announce(
        {project: {"type": "traces.recorded", "count": count} for project, count in counts.items()}
    )


def announce_documents(project_id: uuid.UUID) -> None:
    """Say that documents of a project changed: for code that is not async, after its commit."""
    async_to_sync(_announce)({project_id: {"type": "documents.changed"}})


def announce_precompressions(projects: Iterable[uuid.UUID]) -> None:
    """Say in which projects a text was queued or precompressed: for code that is not async."""
    async_to_sync(_announce)({project: {"type": "precompressions.changed"} for project in projects})


def announce_replays(project_id: uuid.UUID) -> None:
    """Say that a prompt of a project was replayed: for code that is not async."""
    async_to_sync(_announce)({project_id: {"type": "replays.changed"}})


async def _announce(messages: Mapping[uuid.UUID, Mapping[str, Any]]) -> None:
    layer = get_channel_layer()
    if layer is None:
        return
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            for project_id, message in messages.items():
                announcement = {**message, "project_id": str(project_id)}
                await layer.group_send(project_group(project_id), announcement)
                await layer.group_send(EVERY_PROJECT, announcement)
    except (OSError, TimeoutError, redis.exceptions.RedisError) as error:
        log.warning("announcement_failed", error=type(error).__name__)
