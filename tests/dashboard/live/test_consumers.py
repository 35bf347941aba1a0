"""The live socket, over the real channel layer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connections
from django.test import Client
from django.utils.module_loading import import_string

from config.asgi import application
from dashboard.live import consumers
from dashboard.live.consumers import NOT_SIGNED_IN, TOO_MANY, LiveConsumer
from dashboard.live.routing import NO_SUCH_SOCKET, unknown_socket
from dashboard.live.same_origin import FOREIGN_ORIGIN, SameOrigin
from optimizer_app.announcements import announce_documents, announce_session_end, announce_traces
from optimizer_app.models import Project
from tests.patience import PATIENCE_SECONDS

QUIET_SECONDS = 0.2


@pytest.fixture(autouse=True)
def _rows_are_committed(transactional_db: None) -> Iterator[None]:
    """The consumer looks from a thread of its own."""
    yield
    connections.close_all()


async def connect(asgi: Any, **scope: Any) -> tuple[ApplicationCommunicator, dict[str, Any]]:
    """A socket to the application, and its first answer: accepted or closed."""
    socket = ApplicationCommunicator(
        asgi, {"type": "websocket", "path": "/ws/live", "headers": [], "subprotocols": [], **scope}
    )
    await socket.send_input({"type": "websocket.connect"})
    return socket, await socket.receive_output(PATIENCE_SECONDS)


async def refusal(asgi: Any, **scope: Any) -> dict[str, Any]:
    """The answer to a socket that is closed at once, which then ends."""
    socket, answer = await connect(asgi, **scope)
    await socket.send_input({"type": "websocket.disconnect", "code": 1006})
    await socket.wait(PATIENCE_SECONDS)
    return answer


async def next_message(socket: ApplicationCommunicator) -> dict[str, Any]:
    return json.loads((await socket.receive_output(PATIENCE_SECONDS))["text"])


def _signed_in(user: User) -> SessionStore:
    client = Client()
    client.force_login(user)
    return SessionStore(client.session.session_key)


@asynccontextmanager
async def open_page(user: User) -> AsyncIterator[ApplicationCommunicator]:
    session = await sync_to_async(_signed_in)(user)
    socket, answer = await connect(LiveConsumer.as_asgi(), user=user, session=session)
    assert answer["type"] == "websocket.accept"
    try:
        yield socket
    finally:
        await socket.send_input({"type": "websocket.disconnect", "code": 1000})
        await socket.wait(PATIENCE_SECONDS)
        await sync_to_async(connections.close_all)()


async def test_it_works(member: User, project: Project) -> None:
    async with open_page(member) as socket:
        await announce_traces({project.pk: 3})
        assert await next_message(socket) == {"changed": ["overview", "requests"], "count": 3}


async def test_changed_documents_are_told_to_their_pages(member: User, project: Project) -> None:
    async with open_page(member) as socket:
        await sync_to_async(announce_documents)(project.pk)
        assert await next_message(socket) == {"changed": ["configs", "documents"], "count": 0}
        await announce_traces({project.pk: 2})
        await sync_to_async(announce_documents)(project.pk)
        message = await next_message(socket)
        assert message == {"changed": ["configs", "documents", "overview", "requests"], "count": 2}


async def test_documents_of_foreign_projects_are_not_told(member: User, foreign_project: Project) -> None:
    async with open_page(member) as socket:
        await sync_to_async(announce_documents)(foreign_project.pk)
        assert await socket.receive_nothing(QUIET_SECONDS)


async def test_it_says_nothing_of_foreign_projects(member: User, foreign_project: Project) -> None:
    async with open_page(member) as socket:
        await announce_traces({foreign_project.pk: 1})
        assert await socket.receive_nothing(QUIET_SECONDS)


async def test_superuser_hears_of_every_project(admin: User, foreign_project: Project) -> None:
    async with open_page(admin) as socket:
        await announce_traces({foreign_project.pk: 1})
        assert (await next_message(socket))["count"] == 1


async def test_a_burst_is_one_message_and_a_rest(member: User, project: Project) -> None:
    async with open_page(member) as socket:
        for _ in range(30):
            await announce_traces({project.pk: 1})
        counts = [(await next_message(socket))["count"] for _ in range(2)]
        assert counts[0] >= 1
        assert sum(counts) == 30
        assert await socket.receive_nothing(QUIET_SECONDS)


async def test_it_refuses_who_is_not_signed_in() -> None:
    answer = await refusal(LiveConsumer.as_asgi(), user=AnonymousUser())
    assert (answer["type"], answer["code"]) == ("websocket.close", NOT_SIGNED_IN)


@pytest.mark.parametrize("origin", [b"http://localhost", b"https://evil.example"])
async def test_the_application_lets_no_stranger_in(origin: bytes) -> None:
    headers = [(b"origin", origin), (b"host", b"localhost")]
    answer = await refusal(application, headers=headers)
    await sync_to_async(connections.close_all)()
    assert answer["type"] == "websocket.close"


async def test_nothing_is_told_once_the_session_has_ended(member: User, project: Project) -> None:
    async with open_page(member) as socket:
        await sync_to_async(Session.objects.all().delete)()
        await announce_traces({project.pk: 1})
        assert await socket.receive_output(PATIENCE_SECONDS) == {
            "type": "websocket.close", "code": NOT_SIGNED_IN,
        }  # fmt: skip


async def test_a_socket_ends_with_its_session(member: User, project: Project) -> None:
    async with open_page(member) as socket:
        key = (await sync_to_async(Session.objects.get)()).session_key
        await sync_to_async(announce_session_end)(key)
        assert (await socket.receive_output(PATIENCE_SECONDS))["code"] == NOT_SIGNED_IN


async def test_nothing_is_told_to_whoever_left_the_project(member: User, project: Project) -> None:
    async with open_page(member) as socket:
        await sync_to_async(project.memberships.all().delete)()
        await announce_traces({project.pk: 1})
        assert (await socket.receive_output(PATIENCE_SECONDS))["code"] == NOT_SIGNED_IN


async def test_one_person_opens_so_many_sockets(
    member: User, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "MAX_SOCKETS", 1)
    async with open_page(member):
        answer = await refusal(LiveConsumer.as_asgi(), user=member, session=SessionStore())
        assert answer["code"] == TOO_MANY
    async with open_page(member):
        pass


async def test_an_unknown_address_is_refused() -> None:
    headers = [(b"host", b"localhost"), (b"origin", b"http://localhost")]
    answer = await refusal(application, path="/ws/nowhere", headers=headers)
    await sync_to_async(connections.close_all)()
    assert (answer["type"], answer["code"]) == ("websocket.close", NO_SUCH_SOCKET)


@pytest.mark.parametrize(
    ("origin", "code"),
    [
        (b"http://localhost", NO_SUCH_SOCKET),
        (b"http://localhost:81", FOREIGN_ORIGIN),
        (b"http://evil.example", FOREIGN_ORIGIN),
        (b"null", FOREIGN_ORIGIN),
        (b"", FOREIGN_ORIGIN),
    ],
)
async def test_pages_of_this_host_alone_reach_the_sockets(origin: bytes, code: int) -> None:
    headers = [(b"host", b"localhost"), (b"origin", origin)]
    answer = await refusal(SameOrigin(unknown_socket), headers=headers)
    assert answer["code"] == code


async def test_a_quiet_layer_outlives_the_time_out_of_its_connection() -> None:
    layer = import_string(settings.CHANNEL_LAYERS["default"]["BACKEND"])(
        hosts=[{"address": settings.REDIS_URL, "socket_timeout": QUIET_SECONDS / 2}]
    )
    channel = await layer.new_channel()
    await layer.group_add("everybody", channel)
    hearing = asyncio.ensure_future(layer.receive(channel))
    done, _ = await asyncio.wait({hearing}, timeout=2 * QUIET_SECONDS)
    assert not done
    await layer.group_send("everybody", {"type": "news"})
    assert await asyncio.wait_for(hearing, PATIENCE_SECONDS) == {"type": "news"}
    await layer.flush()
