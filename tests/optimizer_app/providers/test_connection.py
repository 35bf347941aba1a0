"""What is said of a provider that is tried, by real answers on a real socket."""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from optimizer_app import outgoing
from optimizer_app.models import Project, Provider
from optimizer_app.providers import connection
from optimizer_app.providers.connection import check_connection
from tests.servers.local_server import LocalServer, Received, Wire

MODELS = b'{"data": [{"id": "gpt-4o"}, {"id": "gpt-4o-mini"}]}'


class ModelServer(LocalServer):
    """Gives every request the same answer."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__()
        self.status, self.body = status, body

    def answer(self, request: Received, wire: Wire) -> None:
        wire.send(self.status, self.body, {"location": "http://elsewhere.example/"})


def provider(url: str, kind: str = "openai", secret: str = "sk-secret", **fields: Any) -> Provider:
    made = Provider(project=Project(name="p"), name="upstream", kind=kind, base_url=url, **fields)
    made.set_secret(secret)
    return made


@pytest.mark.parametrize(
    ("kind", "path", "header"),
    [
        ("openai", "/models", ("authorization", "Bearer sk-secret")),
        ("anthropic", "/v1/models", ("x-api-key", "sk-secret")),
    ],
)
def test_it_works(kind: str, path: str, header: tuple[str, str]) -> None:
    with ModelServer(200, MODELS) as server:
        found = check_connection(provider(server.url, kind))
        [request] = server.requests
    assert found.works
    assert "took the key, and lists 2 models." in found.says
    assert (request.method, request.path) == ("GET", path)
    assert header in request.headers.items()


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (401, b"{}", "refused the key (status 401)"),
        (403, b"{}", "refused the key (status 403)"),
        (404, b"{}", "check the end of the URL"),
        (301, b"", "enter that URL"),
        (500, b"the body of an error", "It answered with status 500."),
        (200, b"<html>", "not with a list of models"),
        (200, b'{"data": 1}', "not with a list of models"),
    ],
)
def test_an_answer_that_is_none_is_said_plainly(status: int, body: bytes, says: str) -> None:
    with ModelServer(status, body) as server:
        found = check_connection(provider(server.url))
        assert len(server.requests) == 1
    assert not found.works
    assert says in found.says
    assert "sk-secret" not in found.says


def test_nobody_there() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        found = check_connection(provider(f"http://127.0.0.1:{port}/v1"))
    assert not found.works
    assert found.says.startswith(f"Nothing answers at 127.0.0.1:{port}")


@pytest.fixture
def silent() -> Iterator[str]:
    """The URL of a server that accepts and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_one_that_stays_silent_is_given_up(silent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "TIMEOUT_SECONDS", 0.05)
    assert "did not answer within 0.05 seconds" in check_connection(provider(silent)).says


class DrippingServer(LocalServer):
    """Sends a byte now and then, for ever."""

    def answer(self, request: Received, wire: Wire) -> None:
        wire.open(200, {"transfer-encoding": "chunked"})
        while True:
            wire.send_chunk(b"x")
            time.sleep(0.01)


def test_one_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "TIMEOUT_SECONDS", 0.3)
    with DrippingServer() as server:
        assert "did not answer within 0.3 seconds" in check_connection(provider(server.url)).says


def test_addresses_are_judged_where_the_connection_leads(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name may resolve elsewhere than when it was entered; what the environment sets is trusted."""
    monkeypatch.setattr(outgoing, "METADATA_ADDRESSES", {ipaddress.ip_address("127.0.0.1")})
    monkeypatch.setattr(connection, "check_outgoing_url", lambda _url: None)
    with ModelServer(200, MODELS) as server:
        refused = check_connection(provider(server.url))
        assert server.requests == []
        assert check_connection(provider(server.url, trusted=True)).works
    assert refused.says == "It must not be called: 127.0.0.1 is a metadata service."


def test_a_key_that_cannot_be_read_and_the_echo() -> None:
    broken = provider("http://127.0.0.1:1")
    broken.encrypted_secret = "not one of ours"
    assert "enter it again" in check_connection(broken).says
    assert check_connection(provider("", "echo", "")).works
