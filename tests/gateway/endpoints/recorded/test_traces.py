"""Every request leaves one trace, which its own project can read."""

from __future__ import annotations

import time
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from optimizer_app.models import RequestTrace
from tests.gateway.accounts import ANTHROPIC_SECRET, OPENAI_SECRET, Account, add_mock, new_account
from tests.gateway.prompts import CLAUDE, HI, MODEL, QUESTION, anthropic_agent, openai_agent
from tests.patience import PATIENCE_SECONDS
from tests.provider.mock_provider import MockProvider, Reply
from tests.servers.live_server import LiveServer, running_server
from token_optimizer.tokens.counts import count_body

REQUESTS: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {"model": MODEL, "messages": openai_agent()},
    "/v1/messages": {
        "model": CLAUDE,
        "max_tokens": 9,
        "system": "You are a clerk.",
        "messages": anthropic_agent(),
    },
}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("path", "dialect"), [*zip(REQUESTS, ("openai", "anthropic"), strict=True)])
def test_numbers_are_those_of_what_was_received(
    account: Account, provider: MockProvider, path: str, dialect: Any, stream: bool
) -> None:
    provider.default = Reply(cached_tokens=30, cache_write_tokens=20 if dialect == "anthropic" else 0)
    sent = {**REQUESTS[path], "stream": stream}
    answer = account.post(path, sent)
    trace = account.trace(answer.headers["x-optimizer-trace-id"])

    received = provider.requests[0].json
    assert trace["tokens_before"] == count_body(sent, dialect, sent["model"])
    assert trace["tokens_after"] == count_body(received, dialect, sent["model"])
    assert trace["tokens_saved"] == int(answer.headers["x-optimizer-tokens-saved"]) > 0
    # The mock provider bills by the same count.
    assert trace["usage_input_tokens"] == trace["tokens_after"]
    assert trace["usage_cached_tokens"] == 30
    assert trace["usage_output_tokens"] == provider.default.completion_tokens
    if dialect == "anthropic":
        assert trace["usage_cache_write_tokens"] == 20


def test_columns(account: Account) -> None:
    answer = account.post("/v1/chat/completions", REQUESTS["/v1/chat/completions"])
    trace = account.trace(answer.headers["x-optimizer-trace-id"])

    assert trace["id"] == trace["trace_id"] == answer.headers["x-optimizer-trace-id"]
    assert trace["project_id"] == str(account.project.id)
    assert trace["api_key_id"] == str(account.key.id)
    assert (trace["status"], trace["http_status"], trace["error"]) == ("ok", 200, "")
    assert (trace["dialect"], trace["provider"], trace["model"]) == ("openai", "openai", MODEL)
    assert (trace["config_name"], trace["config_version"]) == ("default", 1)
    assert trace["route"] == answer.headers["x-optimizer-route"]
    assert 0 < trace["upstream_ms"] < trace["total_ms"]
    assert {block["fate"] for block in trace["blocks"]} >= {"kept", "rewritten"}
    cut = next(block for block in trace["blocks"] if block["fate"] == "rewritten")
    assert cut["reason"]
    assert cut["stage"] in {stage["name"] for stage in trace["stages"]}
    assert sum(block["tokens_after"] for block in trace["blocks"]) == trace["tokens_after"]


def test_no_prompt_and_no_secret_is_kept(account: Account) -> None:
    account.post("/v1/chat/completions", REQUESTS["/v1/chat/completions"])
    answer = account.post("/v1/messages", REQUESTS["/v1/messages"])
    trace = str(account.trace(answer.headers["x-optimizer-trace-id"]))
    everything = trace + account.server.log() + str(list(RequestTrace.objects.values()))

    for text in (QUESTION, "Müller", "You are a clerk", account.secret, OPENAI_SECRET, ANTHROPIC_SECRET):
        assert text not in everything


def test_another_projects_trace_is_not_found(account: Account) -> None:
    answer = account.post("/v1/chat/completions", {"model": MODEL, "messages": HI})
    trace_id = answer.headers["x-optimizer-trace-id"]
    account.trace(trace_id)
    stranger = new_account(account.server)
    seen = stranger.get(f"/v1/traces/{trace_id}")
    unknown = stranger.get(f"/v1/traces/{uuid.uuid4()}")

    assert seen.status_code == unknown.status_code == 404
    assert seen.json()["error"]["code"] == "not_found"
    assert seen.text.replace(trace_id, "") == unknown.text.replace(unknown.url.rsplit("/", 1)[1], "")


@pytest.mark.parametrize("trace_id", ["nonsense", "..%2f..", "0", "a" * 500])
def test_what_is_no_trace_id(account: Account, trace_id: str) -> None:
    answer = account.get(f"/v1/traces/{trace_id}", **{"anthropic-version": "2023-06-01"})

    assert answer.status_code == 404
    assert answer.json()["error"]["type"] == "not_found_error"


def test_revoked_key_ends(account: Account) -> None:
    body = {"model": MODEL, "messages": HI}
    assert account.post("/v1/chat/completions", body).status_code == 200
    account.key.revoke()

    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while account.post("/v1/chat/completions", body).status_code != 401:
        assert time.monotonic() < give_up_at


def test_use_of_a_key_is_noted(account: Account) -> None:
    assert account.post("/v1/chat/completions", {"model": MODEL, "messages": HI}).status_code == 200
    account.key.refresh_from_db()
    assert account.key.last_used_at is not None


def test_killed_right_after_an_answer(server: LiveServer, provider: MockProvider, tmp_path: Path) -> None:
    """What was answered is in the journal, and the next start stores it, once."""
    account = new_account(server)
    add_mock(account, provider)
    trace_ids = [
        _answered_by_one_that_is_killed(account, tmp_path, stream=stream) for stream in (False, True)
    ]
    with running_server(state_dir=tmp_path):
        traces = [account.trace(trace_id) for trace_id in trace_ids]

    assert [trace["status"] for trace in traces] == ["ok", "ok"]
    assert account.project.traces.count() == 2


def _answered_by_one_that_is_killed(account: Account, state_dir: Path, *, stream: bool) -> str:
    """The id of the trace of a request to a server that was killed as soon as it had answered."""
    body = {"model": MODEL, "messages": HI, "stream": stream}
    # The last bytes of the answer itself, before the connection has ended.
    ending = b"[DONE]\n\n" if stream else b"}}"
    with running_server(state_dir=state_dir) as killed:
        answer = replace(account, server=killed).post("/v1/chat/completions", body, stream=True)
        whole = b""
        for byte in answer.iter_content(1):
            whole += byte
            if whole.endswith(ending):
                break
        killed.process.kill()
        killed.process.wait()
        return answer.headers["x-optimizer-trace-id"]
