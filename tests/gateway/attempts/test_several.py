"""Providers that fail, asked again and followed by others, over real sockets."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import openai
import pytest

from optimizer_app.instance.state import free_port
from optimizer_app.models import Provider, Route
from optimizer_app.providers.breaker import FAILURES
from tests.gateway.accounts import Account
from tests.gateway.prompts import CLAUDE, HI, MODEL
from tests.gateway.routes import provider_at, route_to
from tests.provider.mock_provider import MockProvider, Reply

CHAT = "/v1/chat/completions"
BODY = {"model": MODEL, "messages": HI}
STREAM = {**BODY, "stream": True}
FAILED = 503


@pytest.fixture
def second() -> Iterator[MockProvider]:
    with MockProvider() as running:
        yield running


@pytest.fixture
def route(echo_account: Account, provider: MockProvider, second: MockProvider) -> Route:
    """All models to `first`, once more on failure, then to `spare`."""
    return route_to(
        echo_account,
        "*",
        {"provider": provider_at(echo_account, provider, "first")},
        {"provider": provider_at(echo_account, second, "spare"), "weight": 0, "model": "other-name"},
        max_retries=1,
    )


def attempts(account: Account, trace_id: str) -> list[tuple[str, int | None, str]]:
    found = account.trace(trace_id)["attempts"]
    return [(attempt["provider"], attempt["status"], attempt["why"]) for attempt in found]


@pytest.mark.parametrize("status", [429, 500, 502, 503, 529])
def test_it_is_asked_again(
    echo_account: Account, provider: MockProvider, second: MockProvider, route: Route, status: int
) -> None:
    provider.script(Reply(status=status, retry_after="0"))
    answer = echo_account.post(CHAT, BODY)

    assert answer.status_code == 200
    assert (len(provider.requests), len(second.requests)) == (2, 0)
    assert provider.requests[0].raw == provider.requests[1].raw
    assert attempts(echo_account, answer.headers["x-optimizer-trace-id"]) == [
        ("first", status, ""),
        ("first", 200, ""),
    ]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 501, 504])
def test_other_answers_are_passed_on_at_once(
    echo_account: Account, provider: MockProvider, second: MockProvider, route: Route, status: int
) -> None:
    provider.script(Reply(status=status, message="no"))
    answer = echo_account.post(CHAT, BODY)

    assert (answer.status_code, answer.json()["error"]["message"]) == (status, "no")
    assert (len(provider.requests), len(second.requests)) == (1, 0)
    assert echo_account.trace(answer.headers["x-optimizer-trace-id"])["attempts"] == []


@pytest.mark.parametrize("body", [BODY, STREAM])
def test_the_next_provider_follows_under_its_own_name_for_the_model(
    echo_account: Account,
    provider: MockProvider,
    second: MockProvider,
    route: Route,
    body: dict[str, object],
) -> None:
    provider.script(Reply(status=FAILED), Reply(status=FAILED))
    answer = echo_account.post(CHAT, body)

    assert answer.status_code == 200
    assert answer.headers["x-optimizer-provider"] == "spare"
    assert second.requests[0].raw == provider.requests[0].raw.replace(MODEL.encode(), b"other-name")
    assert second.requests[0].headers["authorization"] == "Bearer sk-of-spare"
    trace = echo_account.trace(answer.headers["x-optimizer-trace-id"])
    assert (trace["provider"], trace["model"], trace["sent_model"]) == ("spare", MODEL, "other-name")
    assert (trace["status"], trace["http_status"]) == ("ok", 200)
    assert trace["usage_input_tokens"] > 0
    assert [(one["provider"], one["model"]) for one in trace["attempts"]] == [
        ("first", ""),
        ("first", ""),
        ("spare", "other-name"),
    ]
    assert all(one["ms"] > 0 for one in trace["attempts"])


def test_a_long_wait_that_is_asked_for_is_spent_at_the_next_provider(
    echo_account: Account, provider: MockProvider, second: MockProvider, route: Route
) -> None:
    provider.script(Reply(status=429, retry_after="3600"))
    assert echo_account.post(CHAT, BODY).status_code == 200
    assert (len(provider.requests), len(second.requests)) == (1, 1)


def test_where_all_fail_the_last_answer_passes_through_unchanged(
    echo_account: Account, provider: MockProvider, second: MockProvider, route: Route
) -> None:
    raw = b'{ "error" : {"message":"slow down"} }\n'
    provider.script(Reply(status=FAILED), Reply(status=FAILED))
    second.script(Reply(status=FAILED), Reply(status=429, raw_body=raw, retry_after="9"))
    answer = echo_account.post(CHAT, BODY)

    assert (answer.status_code, answer.content) == (429, raw)
    assert answer.headers["retry-after"] == "9"
    assert answer.headers["x-optimizer-provider"] == "spare"
    trace = echo_account.trace(answer.headers["x-optimizer-trace-id"])
    assert (trace["status"], trace["http_status"], len(trace["attempts"])) == ("error", 429, 4)


def test_a_provider_that_cannot_be_reached_is_asked_again_and_followed(
    echo_account: Account, second: MockProvider, route: Route
) -> None:
    port = free_port()
    Provider.objects.filter(name="first").update(base_url=f"http://127.0.0.1:{port}/v1")
    answer = echo_account.post(CHAT, BODY)

    assert answer.status_code == 200
    unreachable = ("first", None, "the provider could not be reached")
    found = attempts(echo_account, answer.headers["x-optimizer-trace-id"])
    assert found == [unreachable, unreachable, ("spare", 200, "")]


def test_a_provider_that_hangs_is_not_asked_again_but_followed(
    echo_account: Account,
    provider: MockProvider,
    second: MockProvider,
    route: Route,
    release: threading.Event,
) -> None:
    Provider.objects.filter(name="first").update(first_byte_timeout_seconds=0.3)
    provider.script(Reply(release=release))
    answer = echo_account.post(CHAT, BODY)

    assert answer.status_code == 200
    found = attempts(echo_account, answer.headers["x-optimizer-trace-id"])
    assert found == [("first", None, "the provider did not answer within 0.3 s"), ("spare", 200, "")]


def test_an_error_of_the_first_provider_is_the_answer_where_the_next_cannot_be_reached(
    echo_account: Account, provider: MockProvider, route: Route
) -> None:
    Provider.objects.filter(name="spare").update(base_url="http://127.0.0.1:9/v1")
    provider.script(Reply(status=FAILED, message="first"), Reply(status=FAILED, message="again"))
    answer = echo_account.post(CHAT, BODY)

    assert (answer.status_code, answer.json()["error"]["message"]) == (FAILED, "again")
    assert answer.headers["x-optimizer-provider"] == "first"


def test_a_stream_that_breaks_is_never_replayed(
    echo_account: Account, provider: MockProvider, second: MockProvider, route: Route
) -> None:
    provider.script(Reply(cut_after=4))
    stream = echo_account.openai.chat.completions.create(model=MODEL, messages=HI, stream=True)
    with pytest.raises(openai.APIConnectionError):
        list(stream)

    assert (len(provider.requests), len(second.requests)) == (1, 0)


def test_without_a_route_nothing_is_asked_twice(account: Account, provider: MockProvider) -> None:
    provider.script(Reply(status=FAILED))
    assert account.post(CHAT, BODY).status_code == FAILED
    assert len(provider.requests) == 1


def test_an_alias_changes_the_models_bytes_alone_in_off_mode(
    echo_account: Account, provider: MockProvider
) -> None:
    target = {"provider": provider_at(echo_account, provider, "first"), "model": "deployed"}
    route_to(echo_account, "gpt-*", target)
    raw = b'{ "n":1.50, "model" : "gpt-4o","messages":[{"role":"user","content":"gpt-4o \\u0021"}] }\n'
    answer = echo_account.post(CHAT, data=raw, headers={"x-optimizer-mode": "off"})

    assert answer.status_code == 200
    assert provider.requests[0].raw == raw.replace(b': "gpt-4o"', b': "deployed"')


def test_a_server_that_knows_no_developers(echo_account: Account, provider: MockProvider) -> None:
    provider_at(echo_account, provider, "first", strict_roles=True)
    said = b'[{"role":"developer","content":"Be short."},{"role":"user","content":"Hi"}]'
    raw = b'{"model":"gpt-4o","messages":%s}' % said
    echo_account.post(CHAT, data=raw)
    echo_account.post(CHAT, data=raw, headers={"x-optimizer-mode": "off"})

    assert provider.requests[0].raw == raw.replace(b'"developer"', b'"system"')
    assert provider.requests[1].raw == raw


def test_anthropics_dialect_follows_its_routes_as_well(echo_account: Account, second: MockProvider) -> None:
    route_to(
        echo_account,
        "*",
        {"provider": provider_at(echo_account, second, "first", kind="anthropic"), "model": "claude-x"},
    )
    second.script(Reply(status=529, retry_after="0"))
    message = echo_account.anthropic.messages.create(model=CLAUDE, max_tokens=9, messages=HI)

    assert message.model == "claude-x"
    assert len(second.requests) == 2


def test_an_open_circuit_is_passed_over(
    echo_account: Account, provider: MockProvider, second: MockProvider, route: Route
) -> None:
    provider.default = Reply(status=FAILED, retry_after="0")
    while len(provider.requests) < FAILURES:
        assert echo_account.post(CHAT, BODY).status_code == 200
    asked = len(provider.requests)
    answer = echo_account.post(CHAT, BODY)

    assert answer.status_code == 200
    assert len(provider.requests) == asked
    found = attempts(echo_account, answer.headers["x-optimizer-trace-id"])
    assert found == [("first", None, "circuit open"), ("spare", 200, "")]


def test_where_all_circuits_are_open_each_provider_is_asked_once(
    echo_account: Account, provider: MockProvider, second: MockProvider, route: Route
) -> None:
    provider.default = second.default = Reply(status=FAILED, retry_after="0")
    while len(second.requests) < FAILURES:
        assert echo_account.post(CHAT, BODY).status_code == FAILED
    asked = len(provider.requests), len(second.requests)
    assert echo_account.post(CHAT, BODY).status_code == FAILED
    assert (len(provider.requests), len(second.requests)) == (asked[0] + 1, asked[1] + 1)
