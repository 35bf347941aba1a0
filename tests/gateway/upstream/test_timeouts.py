"""Time-outs that a provider has of its own, in place of the instance's."""

from __future__ import annotations

import threading

import openai
import pytest

from tests.gateway.accounts import Account
from tests.gateway.prompts import HI, MODEL
from tests.gateway.routes import provider_at
from tests.provider.mock_provider import MockProvider, Reply

CHAT = "/v1/chat/completions"
BODY = {"model": MODEL, "messages": HI}


def test_a_provider_that_says_nothing(
    echo_account: Account, provider: MockProvider, release: threading.Event
) -> None:
    provider_at(echo_account, provider, "first", first_byte_timeout_seconds=0.3)
    provider.script(Reply(release=release))
    answer = echo_account.post(CHAT, BODY)

    assert answer.status_code == 504
    assert answer.json()["error"]["message"] == "the provider did not answer within 0.3 s"


def test_a_stream_that_stops(echo_account: Account, provider: MockProvider, release: threading.Event) -> None:
    provider_at(echo_account, provider, "first", idle_timeout_seconds=0.3)
    provider.script(Reply(release=release, hold_after=3))
    stream = echo_account.openai.chat.completions.create(model=MODEL, messages=HI, stream=True)
    with pytest.raises(openai.APIConnectionError):
        list(stream)

    trace = echo_account.trace(stream.response.headers["x-optimizer-trace-id"])
    assert (trace["status"], trace["error"]) == ("interrupted", "the provider said nothing more for 0.3 s")


def test_a_slow_first_byte_is_waited_for_though_pauses_may_be_short(
    echo_account: Account, provider: MockProvider
) -> None:
    provider_at(echo_account, provider, "first", first_byte_timeout_seconds=30.0, idle_timeout_seconds=0.2)
    provider.script(Reply(delay_seconds=0.5))
    assert echo_account.post(CHAT, BODY).status_code == 200
