"""What goes wrong at the provider: passed on as it came, or told in the dialect's shape."""

from __future__ import annotations

import gzip
import socket
import threading

import anthropic
import httpx2
import openai
import pytest

from optimizer_app.instance.state import free_port
from optimizer_app.models import Provider
from tests.gateway.accounts import Account, add_mock, add_provider, new_account
from tests.gateway.prompts import CLAUDE, HI, MODEL
from tests.patience import PATIENCE_SECONDS
from tests.provider.mock_provider import MockProvider, Reply
from tests.servers.live_server import LiveServer
from tests.servers.local_server import LocalServer, Received, Wire

CHAT = "/v1/chat/completions"
MESSAGES = "/v1/messages"
BODY = {"model": MODEL, "max_tokens": 9, "messages": HI}
STREAM = {**BODY, "stream": True}


@pytest.fixture
def impatient(impatient_server: LiveServer, provider: MockProvider) -> Account:
    account = new_account(impatient_server)
    add_mock(account, provider)
    return account


def test_rate_limit_passes_through(account: Account, provider: MockProvider) -> None:
    provider.script(Reply(status=429, retry_after="7", message="slow down"))
    with pytest.raises(openai.RateLimitError) as caught:
        account.openai.chat.completions.create(model=MODEL, messages=HI)

    response = caught.value.response
    assert response.headers["retry-after"] == "7"
    assert response.json()["error"]["message"] == "slow down"
    assert "optimizer_stats" not in response.json()
    trace = account.trace(response.headers["x-optimizer-trace-id"])
    assert (trace["status"], trace["http_status"]) == ("error", 429)


def test_overloaded_passes_through(account: Account, provider: MockProvider) -> None:
    raw = b'{"type":"error", "error":{"type":"overloaded_error","message":"Overloaded"}}\n'
    provider.script(Reply(status=529, raw_body=raw), Reply(status=529, raw_body=raw))
    answer = account.post(MESSAGES, BODY)
    stream = account.post(MESSAGES, STREAM)

    assert (answer.status_code, answer.content) == (529, raw)
    assert (stream.status_code, stream.content) == (529, raw)


def test_wrong_provider_key_passes_through(account: Account, provider: MockProvider) -> None:
    provider.script(Reply(status=401, message="no such key"))
    with pytest.raises(anthropic.AuthenticationError, match="no such key"):
        account.anthropic.messages.create(model=CLAUDE, max_tokens=9, messages=HI)


def test_cut_openai_stream_raises(account: Account, provider: MockProvider) -> None:
    provider.script(Reply(cut_after=4))
    stream = account.openai.chat.completions.create(model=MODEL, messages=HI, stream=True)
    trace_id = stream.response.headers["x-optimizer-trace-id"]
    with pytest.raises(openai.APIConnectionError):
        list(stream)

    assert account.trace(trace_id)["status"] == "interrupted"
    assert len(provider.requests) == 1


def test_cut_anthropic_stream_raises(account: Account, provider: MockProvider) -> None:
    provider.script(Reply(cut_after=4))
    with (
        account.anthropic.messages.stream(model=CLAUDE, max_tokens=9, messages=HI) as stream,
        pytest.raises(httpx2.RemoteProtocolError),
    ):
        stream.get_final_message()

    trace = account.trace(stream.response.headers["x-optimizer-trace-id"])
    assert trace["status"] == "interrupted"
    assert trace["usage_input_tokens"] > 0
    assert len(provider.requests) == 1


def test_cut_json_answer_is_a_502(account: Account, provider: MockProvider) -> None:
    provider.script(Reply(cut_after=20))
    answer = account.post(CHAT, BODY)

    assert answer.status_code == 502
    assert answer.json()["error"]["type"] == "server_error"
    assert len(provider.requests) == 1


@pytest.mark.parametrize("path", [CHAT, MESSAGES])
def test_hang_is_a_504(
    impatient: Account, provider: MockProvider, release: threading.Event, path: str
) -> None:
    provider.script(Reply(release=release))
    answer = impatient.post(path, BODY)

    assert answer.status_code == 504
    assert answer.json()["error"]["type"] == "timeout_error"
    assert "1 s" in answer.json()["error"]["message"]
    trace = impatient.trace(answer.headers["x-optimizer-trace-id"])
    assert (trace["status"], trace["http_status"]) == ("error", 504)


def test_hang_within_a_stream_breaks_it(
    impatient: Account, provider: MockProvider, release: threading.Event
) -> None:
    provider.script(Reply(release=release, hold_after=3))
    stream = impatient.openai.chat.completions.create(model=MODEL, messages=HI, stream=True)
    with pytest.raises(openai.APIConnectionError):
        list(stream)

    trace = impatient.trace(stream.response.headers["x-optimizer-trace-id"])
    assert trace["status"] == "interrupted"


@pytest.mark.parametrize("path", [CHAT, MESSAGES])
def test_refused_connection_is_a_502(echo_account: Account, path: str) -> None:
    port = free_port()
    add_provider(echo_account, "openai", f"http://127.0.0.1:{port}/v1", "sk-x")
    add_provider(echo_account, "anthropic", f"http://127.0.0.1:{port}", "sk-x")
    answer = echo_account.post(path, BODY)

    assert answer.status_code == 502
    assert "could not be reached" in answer.json()["error"]["message"]
    assert str(port) not in answer.text


def test_client_that_leaves_closes_the_upstream_stream(
    account: Account, provider: MockProvider, release: threading.Event
) -> None:
    provider.script(Reply(release=release, hold_after=3, text="word " * 200))
    response = account.post(CHAT, STREAM, stream=True)
    next(response.iter_content(chunk_size=None))
    response.close()
    assert account.trace(response.headers["x-optimizer-trace-id"])["status"] == "interrupted"

    # The provider finds out once it writes again.
    release.set()
    assert provider.client_left.wait(PATIENCE_SECONDS)


def test_client_that_leaves_before_any_answer(
    account: Account, provider: MockProvider, release: threading.Event
) -> None:
    provider.script(Reply(release=release))
    with socket.create_connection(("127.0.0.1", account.server.port)) as connection:
        body = b'{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]}'
        head = f"POST {CHAT} HTTP/1.1\r\nhost: x\r\nx-api-key: {account.secret}\r\n"
        connection.sendall(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
        provider.wait_for(1)

    trace = account.only_trace()
    assert (trace["status"], trace["http_status"]) == ("interrupted", None)


@pytest.mark.parametrize("host", ["169.254.169.254", "[fe80::1]", "metadata.google.internal", "0.0.0.0"])
def test_forbidden_address_is_not_called(echo_account: Account, host: str) -> None:
    add_provider(echo_account, "openai", f"http://{host}/v1", "sk-x", trusted=False)
    answer = echo_account.post(CHAT, BODY)

    assert answer.status_code == 502
    assert "must not be called" in answer.json()["error"]["message"]


def test_entered_loopback_url_is_called(echo_account: Account, provider: MockProvider) -> None:
    add_provider(
        echo_account, "openai", provider.openai_url.replace("127.0.0.1", "localhost"), "sk-x", trusted=False
    )
    assert echo_account.post(CHAT, BODY).status_code == 200


def test_secret_under_another_encryption_key(account: Account, provider: MockProvider) -> None:
    Provider.objects.filter(project=account.project).update(encrypted_secret="gAAAAA-not-ours")
    answer = account.post(CHAT, BODY)
    own = account.post(CHAT, BODY, headers={"x-provider-authorization": "sk-own"})

    assert answer.status_code == 502
    assert "cannot be read" in answer.json()["error"]["message"]
    assert own.status_code == 200


class Canned(LocalServer):
    """Answers every request with the same bytes."""

    def __init__(self, body: bytes, **headers: str) -> None:
        super().__init__(0)
        self.body = body
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def answer(self, request: Received, wire: Wire) -> None:
        if "connection" in self.headers:
            # No length and no chunks: the end of the connection is the end of the body.
            wire.open(200, self.headers)
            wire.wfile.write(self.body)
            wire.hang_up()
        else:
            wire.send(200, self.body, self.headers)


@pytest.mark.parametrize("mode", ["on", "off"])
def test_gzipped_json_is_readable(echo_account: Account, mode: str) -> None:
    plain = b'{"choices":[],"usage":{"prompt_tokens":41,"completion_tokens":1}}'
    with Canned(gzip.compress(plain), content_encoding="gzip") as packed:
        add_provider(echo_account, "openai", f"{packed.url}/v1", "sk-x")
        answer = echo_account.post(CHAT, BODY, headers={"x-optimizer-mode": mode})

    assert answer.json()["usage"]["prompt_tokens"] == 41
    assert ("optimizer_stats" in answer.json()) == (mode == "on")
    assert (answer.headers.get("content-encoding") == "gzip") == (mode == "off")
    assert echo_account.trace(answer.headers["x-optimizer-trace-id"])["usage_input_tokens"] == 41


def test_gzipped_stream_is_readable(echo_account: Account) -> None:
    events = b'data: {"choices":[],"usage":{"prompt_tokens":41}}\n\ndata: [DONE]\n\n'
    headers = {"content_encoding": "gzip", "content_type": "text/event-stream"}
    with Canned(gzip.compress(events), **headers) as packed:
        add_provider(echo_account, "openai", f"{packed.url}/v1", "sk-x")
        answer = echo_account.post(CHAT, STREAM)

    assert answer.content == b"data: [DONE]\n\n"
    trace = echo_account.trace(answer.headers["x-optimizer-trace-id"])
    assert (trace["status"], trace["usage_input_tokens"]) == ("ok", 41)


def test_stream_that_ends_with_its_connection_is_a_broken_one(echo_account: Account) -> None:
    """Without a length or chunks, only the closing event tells a whole stream from a broken one."""
    headers = {"content_type": "text/event-stream", "connection": "close"}
    with Canned(b'data: {"choices":[]}\n\n', **headers) as cut:
        add_provider(echo_account, "openai", f"{cut.url}/v1", "sk-x")
        stream = echo_account.openai.chat.completions.create(model=MODEL, messages=HI, stream=True)
        with pytest.raises(openai.APIConnectionError):
            list(stream)

    trace = echo_account.trace(stream.response.headers["x-optimizer-trace-id"])
    assert trace["status"] == "interrupted"


def test_redirects_are_not_followed(echo_account: Account, provider: MockProvider) -> None:
    class Redirect(LocalServer):
        def answer(self, request: Received, wire: Wire) -> None:
            wire.send(307, b"{}", {"location": f"{provider.openai_url}/chat/completions"})

    with Redirect(0) as redirecting:
        add_provider(echo_account, "openai", f"{redirecting.url}/v1", "sk-x")
        answer = echo_account.post(CHAT, BODY, allow_redirects=False)

    assert answer.status_code == 307
    assert not provider.requests


def test_cookies_of_the_provider_stay_with_it(echo_account: Account) -> None:
    with Canned(b"{}", set_cookie="sessionid=theirs; Path=/") as setting:
        add_provider(echo_account, "openai", f"{setting.url}/v1", "sk-x")
        assert "set-cookie" not in echo_account.post(CHAT, BODY).headers
