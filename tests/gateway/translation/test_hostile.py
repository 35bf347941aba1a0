"""Providers of other kinds that fail, break off, or say what nobody expects."""

from __future__ import annotations

import gzip
import json
from typing import Any

import anthropic
import openai
import pytest

from tests.gateway.accounts import Account
from tests.gateway.translation.answered import ask
from tests.gateway.translation.conftest import Fleet
from tests.gateway.translation.features import KINDS, PAIRS
from tests.gateway.translation.test_fidelity import NEEDED
from tests.provider.mock_provider import Reply

STREAMS = pytest.mark.parametrize("stream", [False, True], ids=["json", "stream"])
EVERYWHERE = pytest.mark.parametrize(("caller", "kind"), PAIRS)
PATHS = {"openai": "/v1/chat/completions", "anthropic": "/v1/messages", "responses": "/v1/responses"}


def request(caller: str, kind: str) -> dict[str, Any]:
    return {"model": f"to-{kind}", **NEEDED[caller]}


def streamed(account: Account, caller: str, kind: str) -> str:
    """The stream as it came, broken or not."""
    body = {**request(caller, kind), "stream": True}
    answer = account.post(PATHS[caller], body, stream=True)
    assert answer.headers["content-type"].startswith("text/event-stream")
    return b"".join(answer.iter_content(None)).decode()


@EVERYWHERE
@STREAMS
def test_an_error_keeps_its_status_and_message(fleet: Fleet, caller: str, kind: str, stream: bool) -> None:
    fleet.providers[kind].script(Reply(status=429, retry_after="7", message="slow down"))
    with pytest.raises((openai.RateLimitError, anthropic.RateLimitError)) as refused:
        ask(fleet.account, caller, request(caller, kind), stream=stream)

    body: Any = refused.value.body
    error = body["error"] if caller == "anthropic" else body
    assert (error["type"], error["message"]) == ("rate_limit_error", "slow down")
    assert refused.value.response.headers["retry-after"] == "7"


@EVERYWHERE
def test_an_error_shows_no_key(fleet: Fleet, caller: str, kind: str) -> None:
    fleet.providers[kind].script(Reply(status=401, message=f"bad key sk-of-at-{kind}, sorry"))
    answer = fleet.account.post(PATHS[caller], request(caller, kind))

    assert answer.status_code == 401
    assert answer.json()["error"]["message"] == "bad key [key], sorry"
    assert f"sk-of-at-{kind}" not in fleet.account.server.log()


@EVERYWHERE
def test_an_error_that_is_no_json(fleet: Fleet, caller: str, kind: str) -> None:
    fleet.providers[kind].script(Reply(status=502, raw_body=b"<html>Bad Gateway</html>"))
    answer = fleet.account.post(PATHS[caller], request(caller, kind))

    assert answer.status_code == 502
    assert answer.json()["error"]["message"] == "the provider answered 502: Bad Gateway"


@EVERYWHERE
def test_an_answer_that_is_none(fleet: Fleet, caller: str, kind: str) -> None:
    for body in (b"<html>", b"{}", b"[]"):
        fleet.providers[kind].script(Reply(raw_body=body))
        answer = fleet.account.post(PATHS[caller], request(caller, kind))

        assert answer.status_code == 502
        assert "cannot be translated" in answer.json()["error"]["message"]


@EVERYWHERE
def test_an_error_within_a_stream_is_one_for_the_caller(fleet: Fleet, caller: str, kind: str) -> None:
    fleet.providers[kind].script(Reply(fails_after=4, message="overloaded"))
    with pytest.raises((openai.APIError, anthropic.APIStatusError)) as failed:
        ask(fleet.account, caller, request(caller, kind), stream=True)

    assert "overloaded" in str(failed.value)


@EVERYWHERE
def test_a_stream_with_an_error_is_a_failure_in_the_trace(fleet: Fleet, caller: str, kind: str) -> None:
    fleet.providers[kind].script(Reply(fails_after=4, message="overloaded"))
    answer = fleet.account.post(PATHS[caller], {**request(caller, kind), "stream": True})
    trace = fleet.account.trace(answer.headers["x-optimizer-trace-id"])

    assert (trace["status"], trace["provider"]) == ("error", f"at-{kind}")


@EVERYWHERE
def test_a_stream_that_breaks_off_has_no_ending(fleet: Fleet, caller: str, kind: str) -> None:
    fleet.providers[kind].script(Reply(cut_after=4))
    closing = {"openai": "[DONE]", "anthropic": "message_stop", "responses": "response.completed"}
    try:
        text = streamed(fleet.account, caller, kind)
    except OSError:
        # The caller's connection breaks, too.
        return
    assert closing[caller] not in text


@EVERYWHERE
def test_a_trace_knows_what_was_billed(fleet: Fleet, caller: str, kind: str) -> None:
    for stream in (False, True):
        fleet.providers[kind].script(Reply(text="Four.", prompt_tokens=100, cached_tokens=60))
        answer = fleet.account.post(PATHS[caller], {**request(caller, kind), "stream": stream})
        trace = fleet.account.trace(answer.headers["x-optimizer-trace-id"])

        assert answer.status_code == 200
        assert (trace["usage_input_tokens"], trace["usage_cached_tokens"]) == (100, 60)
        assert trace["usage_output_tokens"] == 1


@pytest.mark.parametrize("kind", KINDS)
def test_usage_that_nobody_asked_for_is_not_shown(fleet: Fleet, kind: str) -> None:
    """As with OpenAI's own streams."""
    if kind == "openai":
        return
    text = streamed(fleet.account, "openai", kind)

    assert '"usage"' not in text
    assert text.endswith("data: [DONE]\n\n")


@EVERYWHERE
def test_a_packed_body_that_is_not_optimized(fleet: Fleet, caller: str, kind: str) -> None:
    headers = {
        "content-encoding": "gzip",
        "content-type": "application/json",
        "x-optimizer-mode": "off",
    }
    packed = gzip.compress(json.dumps(request(caller, kind)).encode())
    answer = fleet.account.post(PATHS[caller], data=packed, headers=headers)

    assert answer.status_code == 200
    assert "content-encoding" not in fleet.providers[kind].requests[0].headers


def test_a_body_nested_deeply_is_refused(fleet: Fleet) -> None:
    schema = b'{"type":"object","properties":' + b'{"a":' * 400 + b"1" + b"}" * 400 + b"}"
    tool = b'[{"type":"function","function":{"name":"f","parameters":%s}}]' % schema
    body = b'{"model":"to-gemini","messages":[{"role":"user","content":"Hi."}],"tools":%s}' % tool
    answer = fleet.account.post(PATHS["openai"], data=body, headers={"x-optimizer-mode": "off"})

    assert (answer.status_code, len(fleet.providers["gemini"].requests)) == (400, 0)
    assert "nested too deeply" in answer.json()["error"]["message"]


def test_the_callers_own_key_goes_to_bedrock_unsigned(fleet: Fleet) -> None:
    headers = {"x-provider-authorization": "Bearer bedrock-api-key-own"}
    fleet.account.post(PATHS["openai"], request("openai", "bedrock"), headers=headers)

    received = fleet.providers["bedrock"].requests[0].headers
    assert received["authorization"] == "Bearer bedrock-api-key-own"


@EVERYWHERE
def test_nothing_of_the_callers_headers_goes_on(fleet: Fleet, caller: str, kind: str) -> None:
    headers = {"x-own": "1", "cookie": "a=b", "openai-organization": "org-1", "anthropic-beta": "b-1"}
    fleet.account.post(PATHS[caller], request(caller, kind), headers=headers)

    received = fleet.providers[kind].requests[0].headers
    assert not received.keys() & headers.keys()
    assert fleet.account.secret not in json.dumps(dict(received))
