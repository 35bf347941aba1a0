"""`X-Optimizer-Mode: off`: both bodies byte for byte, and still a trace."""

from __future__ import annotations

import pytest
import requests

from tests.gateway.accounts import Account
from tests.gateway.prompts import CLAUDE, HI, MODEL
from tests.patience import PATIENCE_SECONDS
from tests.provider.mock_provider import MockProvider, Reply
from token_optimizer.tokens.counts import count_body

OFF = {"x-optimizer-mode": "off"}
ODD = (
    b'{ "temperature" : 1.50,\r\n\t"model":"gpt-3.5-turbo", "model":"gpt-4o" ,"n":1e0,'
    b'"messages":[{"content":"Sure.\\u0021 h\\u00e9  \\/ x","role":"user"},  '
    b'{"role":"user","content":"Sure."}],'
    b'"big":123456789012345678901234567890 }  \n'
)


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages"])
def test_request_is_forwarded_byte_for_byte(account: Account, provider: MockProvider, path: str) -> None:
    answer = account.post(path, data=ODD, headers=OFF)

    assert answer.status_code == 200
    assert provider.requests[0].raw == ODD
    assert answer.headers["x-optimizer-route"] == "bypass"
    assert answer.headers["x-optimizer-tokens-saved"] == "0"
    assert "optimizer_stats" not in answer.json()


def test_answer_is_passed_on_byte_for_byte(account: Account, provider: MockProvider) -> None:
    raw = b'{ "usage": {"prompt_tokens":7, "completion_tokens":1},\n "a": 1.50, "a": 2 }\n\n'
    provider.script(Reply(raw_body=raw))
    answer = account.post("/v1/chat/completions", {"model": MODEL, "messages": HI}, headers=OFF)

    assert answer.content == raw
    assert account.trace(answer.headers["x-optimizer-trace-id"])["usage_input_tokens"] == 7


def test_stream_is_passed_on_byte_for_byte(account: Account, provider: MockProvider) -> None:
    body = {"model": MODEL, "messages": HI, "stream": True}
    direct = requests.post(f"{provider.openai_url}/chat/completions", json=body, timeout=PATIENCE_SECONDS)
    through = account.post("/v1/chat/completions", body, headers=OFF)

    assert through.content == direct.content.replace(b"chatcmpl-1", b"chatcmpl-2")
    assert provider.requests[1].raw == provider.requests[0].raw
    assert account.trace(through.headers["x-optimizer-trace-id"])["status"] == "ok"


def test_trace_has_the_providers_count_of_what_was_forwarded(account: Account) -> None:
    answer = account.post("/v1/messages", {"model": CLAUDE, "max_tokens": 9, "messages": HI}, headers=OFF)
    trace = account.trace(answer.headers["x-optimizer-trace-id"])

    assert (trace["route"], trace["why_not"]) == ("bypass", "bypassed")
    assert trace["model"] == CLAUDE
    assert trace["tokens_before"] == trace["tokens_after"] == trace["usage_input_tokens"] > 0
    assert not trace["tokens_estimated"]


@pytest.mark.parametrize("raw", [b'{"choices":[]}', b"no json"])
def test_what_the_provider_does_not_count_is_counted_here(
    account: Account, provider: MockProvider, raw: bytes
) -> None:
    provider.script(Reply(raw_body=raw))
    answer = account.post("/v1/chat/completions", {"model": MODEL, "messages": HI}, headers=OFF)
    trace = account.trace(answer.headers["x-optimizer-trace-id"])

    assert trace["usage_input_tokens"] is None
    counted = count_body(provider.requests[0].json, "openai", MODEL)
    assert trace["tokens_before"] == trace["tokens_after"] == counted > 0


def test_a_stream_that_breaks_off_is_counted_here(account: Account, provider: MockProvider) -> None:
    provider.script(Reply(cut_after=2))
    body = {"model": MODEL, "messages": HI, "stream": True}
    with pytest.raises(requests.RequestException):
        account.post("/v1/chat/completions", body, headers=OFF)
    trace = account.only_trace()

    assert trace["status"] == "interrupted"
    assert trace["tokens_before"] == count_body(provider.requests[0].json, "openai", MODEL)


def test_the_provider_judges_a_body_that_is_no_json(account: Account, provider: MockProvider) -> None:
    answer = account.post("/v1/chat/completions", data=b"\xff{no json", headers=OFF)

    assert provider.requests[0].raw == b"\xff{no json"
    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == "the body is no JSON object"


def test_a_mode_that_there_is_not(account: Account, provider: MockProvider) -> None:
    answer = account.post("/v1/chat/completions", {}, headers={"x-optimizer-mode": "of"})

    assert answer.status_code == 400
    assert "'of'" in answer.json()["error"]["message"]
    assert not provider.requests
