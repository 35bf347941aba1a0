"""Tells the live pages that something was recorded. They fetch what it was themselves."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping

import redis.exceptions
import structlog
from channels.layers import get_channel_layer

log = structlog.get_logger(__name__)

EVERY_PROJECT = "all"
TIMEOUT_SECONDS = 2.0


def project_group(project_id: uuid.UUID | str) -> str:
    """The channel-layer group of those who watch one project."""
    return f"project-{project_id}"


async def announce_traces(counts: Mapping[uuid.UUID, int]) -> None:
    """Say how many traces of which project were committed. Without Valkey nobody hears it, that is all."""
    layer = get_channel_layer()
    if layer is None:
        return
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            for project_id, count in counts.items():
                message = {"type": "traces.recorded", "project_id": str(project_id), "count": count}
                await layer.group_send(project_group(project_id), message)
                await layer.group_send(EVERY_PROJECT, message)
    except (OSError, TimeoutError, redis.exceptions.RedisError) as error:
        log.warning("announcement_failed", error=type(error).__name__)
