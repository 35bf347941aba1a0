"""The live socket: it names the pages that changed, and each page then fetches itself again over HTTP."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from dashboard.shell.session_user import user_of_session
from optimizer_app.announcements import EVERY_PROJECT, project_group, session_group
from optimizer_app.models import Project

SECONDS_BETWEEN_MESSAGES = 1.0
NOT_SIGNED_IN = 4401
TOO_MANY = 4429
# Of one person at one worker: more pages than anybody looks at.
MAX_SOCKETS = 30

_open: Counter[Any] = Counter()


def groups_of(user: AbstractBaseUser | AnonymousUser) -> list[str]:
    """The channel groups that announce what the user may see."""
    if getattr(user, "is_superuser", False):
        return [EVERY_PROJECT]
    return [project_group(pk) for pk in Project.objects.visible_to(user).values_list("pk", flat=True)]


def _groups_of_session(session_key: str) -> list[str] | None:
    """The groups of the session's user as they are now; None where it has ended."""
    user = user_of_session(session_key)
    return groups_of(user) if user.is_authenticated else None


class LiveConsumer(AsyncJsonWebsocketConsumer):
    """One open page. Announcements within a second of the last message become one message at its end."""

    joined: list[str]
    session_group: str
    rest: asyncio.Task[None] | None = None
    count = 0
    changed: frozenset[str] = frozenset()
    counted_for: Any = None

    async def connect(self) -> None:
        user = self.scope.get("user")
        self.joined = []
        if user is None or not user.is_authenticated:
            await self.close(code=NOT_SIGNED_IN)
            return
        if _open[user.pk] >= MAX_SOCKETS:
            await self.close(code=TOO_MANY)
            return
        self.counted_for = user.pk
        _open[user.pk] += 1
        self.session_group = session_group(self.scope["session"].session_key)
        self.joined = [*await database_sync_to_async(groups_of)(user), self.session_group]
        for group in self.joined:
            await self.channel_layer.group_add(group, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        if self.counted_for is not None:
            _open[self.counted_for] -= 1
            if not _open[self.counted_for]:
                del _open[self.counted_for]
        if self.rest is not None:
            self.rest.cancel()
        for group in self.joined:
            await self.channel_layer.group_discard(group, self.channel_name)

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        """Pages only listen."""

    async def traces_recorded(self, event: dict[str, Any]) -> None:
        """The recorder committed traces of one project."""
        self.count += event.get("count", 1)
        await self._add("overview", "requests")

    async def documents_changed(self, event: dict[str, Any]) -> None:
        """Somebody or a worker changed documents of one project."""
        await self._add("documents", "configs")

    async def precompressions_changed(self, event: dict[str, Any]) -> None:
        """A text of one project was queued or precompressed."""
        await self._add("precompression")

    async def replays_changed(self, event: dict[str, Any]) -> None:
        """A prompt of one project was replayed."""
        await self._add("replays")

    async def _add(self, *pages: str) -> None:
        self.changed |= set(pages)
        if self.rest is None:
            await self._send_changes()
            self.rest = asyncio.create_task(self._send_rest())

    async def _send_rest(self) -> None:
        while True:
            await asyncio.sleep(SECONDS_BETWEEN_MESSAGES)
            if not self.changed:
                self.rest = None
                return
            await self._send_changes()

    async def session_ended(self, event: dict[str, Any]) -> None:
        """The reader signed out, or somebody ended the session."""
        await self.close(code=NOT_SIGNED_IN)

    async def _is_still_allowed(self) -> bool:
        """Whether the session goes on, and its reader is in the same projects: else the page asks anew."""
        found = await database_sync_to_async(_groups_of_session)(self.scope["session"].session_key)
        return found is not None and {*found, self.session_group} == set(self.joined)

    async def _send_changes(self) -> None:
        if not await self._is_still_allowed():
            await self.close(code=NOT_SIGNED_IN)
            return
        changed, self.changed = sorted(self.changed), frozenset()
        count, self.count = self.count, 0
        await self.send_json({"changed": changed, "count": count})
