"""Tells the live pages that something changed. They fetch it themselves."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterable, Mapping
from hashlib import sha256
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


def session_group(session_key: str | None) -> str:
    """The channel-layer group of the sockets of one session, which it does not give away."""
    return f"session-{sha256(str(session_key).encode()).hexdigest()[:32]}"


def announce_session_end(session_key: str) -> None:
    """Close the sockets of a session that has ended: for code that is not async."""
    async_to_sync(_send)([(session_group(session_key), {"type": "session.ended"})])


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
    announcements = {
        project: {**message, "project_id": str(project)} for project, message in messages.items()
    }
    await _send(
        (group, announcement)
        for project, announcement in announcements.items()
        for group in (project_group(project), EVERY_PROJECT)
    )


async def _send(messages: Iterable[tuple[str, dict[str, Any]]]) -> None:
    layer = get_channel_layer()
    if layer is None:
        return
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            for group, message in messages:
                await layer.group_send(group, message)
    except (OSError, TimeoutError, redis.exceptions.RedisError) as error:
        log.warning("announcement_failed", error=type(error).__name__)
