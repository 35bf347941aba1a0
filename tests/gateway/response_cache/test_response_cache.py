"""Answers given again to the very same request: when, to whom, and what the trace says of it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
import redis
from django.conf import settings

from optimizer_app.models import OptimizationConfig
from tests.gateway.accounts import Account, add_mock, new_account
from tests.gateway.prompts import CLAUDE, MODEL, OPENAI_TOOLS, openai_agent
from tests.provider.mock_provider import MockProvider, Reply

CHAT, MESSAGES, RESPONSES = "/v1/chat/completions", "/v1/messages", "/v1/responses"
HI = [{"role": "user", "content": "Say hi."}]
BODIES: dict[str, dict[str, Any]] = {
    CHAT: {"model": MODEL, "messages": HI, "temperature": 0},
    MESSAGES: {"model": CLAUDE, "max_tokens": 9, "messages": HI, "temperature": 0.0},
    RESPONSES: {"model": MODEL, "input": "Say hi.", "temperature": 0, "store": False},
}


@pytest.fixture
def caching(account: Account) -> Callable[..., Account]:
    """The account, whose config caches answers."""

    def configured(response_cache: str = "temperature_0", **fields: Any) -> Account:
        config = OptimizationConfig.objects.get(project=account.project, name="default")
        config.fields = {"response_cache": response_cache, **fields}
        config.save()
        return account

    return configured


def twice(account: Account, path: str, body: Any, again: Any = None, **headers: str) -> tuple[Any, Any]:
    return (
        account.post(path, body, headers=headers),
        account.post(path, body if again is None else again, headers=headers),
    )


@pytest.mark.parametrize("path", [CHAT, MESSAGES, RESPONSES])
@pytest.mark.parametrize("stream", [False, True])
def test_it_works(caching: Callable[..., Account], provider: MockProvider, path: str, stream: bool) -> None:
    account = caching()
    first, second = twice(account, path, {**BODIES[path], "stream": stream})

    assert len(provider.requests) == 1
    assert "x-optimizer-cache" not in first.headers
    assert second.headers["x-optimizer-cache"] == "hit"
    assert second.headers["x-optimizer-route"] == "cache"
    assert second.headers["content-type"] == first.headers["content-type"]
    if stream:
        assert second.content == first.content
    else:
        stats = second.json().pop("optimizer_stats")
        assert stats["cache_hit"]
        assert stats["trace_id"] == second.headers["x-optimizer-trace-id"]
        assert _without_stats(second) == _without_stats(first)


def test_the_trace_says_so_and_nothing_is_billed(
    caching: Callable[..., Account], provider: MockProvider
) -> None:
    account = caching()
    first, second = (
        account.trace(answer.headers["x-optimizer-trace-id"]) for answer in twice(account, CHAT, BODIES[CHAT])
    )

    assert not first["answered_from_cache"]
    assert (second["route"], second["cache_hit"], second["answered_from_cache"]) == ("cache", True, True)
    assert (second["usage_input_tokens"], second["usage_output_tokens"]) == (0, 0)
    assert second["billed_usd"] == 0
    # All of what the first one was billed is saved.
    assert second["net_usd"] == pytest.approx(first["billed_usd"])
    assert second["gross_usd"] >= second["net_usd"]


@pytest.mark.parametrize(
    "change",
    [
        {"messages": [{"role": "user", "content": "Say hello."}]},
        {"model": "gpt-4o-mini"},
        {"max_tokens": 7},
        {"stream": True},
        {"user": "another"},
    ],
)
def test_another_request_gets_its_own_answer(
    caching: Callable[..., Account], provider: MockProvider, change: dict[str, Any]
) -> None:
    twice(caching(), CHAT, BODIES[CHAT], {**BODIES[CHAT], **change})
    assert len(provider.requests) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"temperature": 0.1},
        {"temperature": None},
        {"n": 2},
        {"store": True},
        {"tools": [{"type": "web_search"}]},
    ],
)
def test_what_may_come_out_differently_is_asked_again(
    caching: Callable[..., Account], provider: MockProvider, change: dict[str, Any]
) -> None:
    twice(caching(), CHAT, {**BODIES[CHAT], **change})
    assert len(provider.requests) == 2


def test_responses_that_the_provider_keeps_are_not_cached(
    caching: Callable[..., Account], provider: MockProvider
) -> None:
    account = caching("always")
    for change in ({"store": None}, {"background": True}, {"previous_response_id": "resp_1"}):
        twice(account, RESPONSES, {**BODIES[RESPONSES], **change})
    assert len(provider.requests) == 6


def test_force_takes_any_temperature(caching: Callable[..., Account], provider: MockProvider) -> None:
    twice(caching("always"), CHAT, {"model": MODEL, "messages": HI})
    assert len(provider.requests) == 1


def test_it_is_off_by_default(account: Account, provider: MockProvider) -> None:
    twice(account, CHAT, BODIES[CHAT])
    assert len(provider.requests) == 2


def test_off_mode_is_off(caching: Callable[..., Account], provider: MockProvider) -> None:
    twice(caching("always"), CHAT, BODIES[CHAT], **{"x-optimizer-mode": "off"})
    assert len(provider.requests) == 2


@pytest.mark.parametrize(
    ("path", "stream", "reply"),
    [
        (CHAT, False, Reply(status=500)),
        (CHAT, True, Reply(cut_after=3)),
        (RESPONSES, False, Reply(ending="incomplete")),
        (RESPONSES, True, Reply(ending="failed")),
    ],
)
def test_an_answer_that_is_not_whole_is_not_kept(
    caching: Callable[..., Account], provider: MockProvider, path: str, stream: bool, reply: Reply
) -> None:
    account = caching()
    provider.script(reply)
    for _ in range(2):
        try:
            account.post(path, {**BODIES[path], "stream": stream})
        except OSError:
            assert reply.cut_after
    assert len(provider.requests) == 2


def test_a_prompt_that_was_made_smaller_is_answered_again(
    caching: Callable[..., Account], provider: MockProvider
) -> None:
    body = {"model": MODEL, "messages": openai_agent(), "tools": OPENAI_TOOLS, "temperature": 0}
    first, second = twice(caching(), CHAT, body)

    assert len(provider.requests) == 1
    assert second.json()["optimizer_stats"]["tokens_after"] == first.json()["optimizer_stats"]["tokens_after"]


def test_projects_share_nothing(caching: Callable[..., Account], provider: MockProvider) -> None:
    one = caching()
    other = new_account(one.server)
    add_mock(other, provider)
    OptimizationConfig.objects.filter(project=other.project).update(fields={"response_cache": "always"})
    for account in (one, other):
        account.post(CHAT, BODIES[CHAT])
    assert len(provider.requests) == 2


def test_what_is_kept_is_encrypted_and_ends(caching: Callable[..., Account], provider: MockProvider) -> None:
    account = caching(response_cache_seconds=77)
    provider.script(Reply(text="The launch code is tangerine."))
    account.post(CHAT, {**BODIES[CHAT], "user": uuid.uuid4().hex})
    twice(account, CHAT, BODIES[CHAT])
    with redis.Redis.from_url(settings.REDIS_URL) as valkey:
        names = list(valkey.scan_iter(f"answers:{{{account.project.id}}}:*"))
        kept = [valkey.get(name) or b"" for name in names]
        lives = [valkey.ttl(name) for name in names]

    assert len(kept) == 2
    assert all(b"tangerine" not in value for value in kept)
    assert all(0 < seconds <= 77 for seconds in lives)


def test_a_revoked_key_gets_nothing(caching: Callable[..., Account], provider: MockProvider) -> None:
    account = caching()
    account.post(CHAT, BODIES[CHAT])
    account.project.budget_usd = 0
    account.project.save()
    stranger = account.post(CHAT, BODIES[CHAT], headers={"authorization": "Bearer tok_of_nobody"})

    assert stranger.status_code == 401


def _without_stats(answer: Any) -> dict[str, Any]:
    return {name: value for name, value in answer.json().items() if name != "optimizer_stats"}
