"""The published prompt templates that requests name, each looked up at most once in `FRESH_SECONDS` a worker.

While the database is down, a template that is known goes on working.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from cachetools import LRUCache
from django.db import Error as DatabaseError

from gateway.callers.auth import FRESH_SECONDS
from gateway.database import in_database
from gateway.errors import NotFound, Unavailable
from optimizer_app.prompts.versions.published import PromptReference, PublishedPrompt, published_prompt

log = structlog.get_logger(__name__)

MAX_KNOWN_PROMPTS = 1_000


@dataclass(slots=True)
class _Known:
    prompt: PublishedPrompt
    checked_at: float


class PromptCache:
    """Published templates by project and reference."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: LRUCache[tuple[uuid.UUID, PromptReference], _Known] = LRUCache(MAX_KNOWN_PROMPTS)

    async def find(self, project_id: uuid.UUID, asked: PromptReference) -> PublishedPrompt:
        """The version that is asked for; NotFound where the project has none like that."""
        place = (project_id, asked)
        entry = self._known.get(place)
        if entry is not None and self._clock() - entry.checked_at < FRESH_SECONDS:
            return entry.prompt
        try:
            found = await in_database(lambda: published_prompt(project_id, asked))
        except DatabaseError as error:
            log.warning("prompt_lookup_failed", error=type(error).__name__)
            if entry is None:
                raise Unavailable("the prompt template cannot be read at the moment; try again") from error
            found = entry.prompt
        self._known.pop(place, None)
        if found is None:
            raise NotFound(_unknown(asked), param="prompt")
        self._known[place] = _Known(found, self._clock())
        return found


def _unknown(asked: PromptReference) -> str:
    version = f" with a version {asked.version}" if asked.version else " that is published"
    return f"there is no prompt template {asked.name[:80]!r}{version} in this project"
