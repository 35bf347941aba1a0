"""`POST /v1/optimize`."""

from __future__ import annotations

from typing import Any

import pytest

from optimizer_app.models import OptimizationConfig
from tests.gateway.accounts import Account
from tests.gateway.endpoints.test_responses import agent
from tests.gateway.prompts import ANTHROPIC_TOOLS, HI, MODEL, OPENAI_TOOLS, anthropic_agent, openai_agent
from tests.provider.mock_provider import MockProvider
from tests.token_optimizer.optimizer.stories import story, talk
from token_optimizer.tokens.counts import count_body

PATH = "/v1/optimize"


def test_it_works(account: Account, provider: MockProvider) -> None:
    sent = {"model": MODEL, "messages": openai_agent(), "tools": OPENAI_TOOLS}
    answer = account.post(PATH, sent)
    body = answer.json()
    stats = body["optimizer_stats"]

    assert answer.status_code == 200
    assert set(body) == {"messages", "tools", "optimizer_stats", "blocks"}
    assert [message["role"] for message in body["messages"]] == [m["role"] for m in openai_agent()]
    assert body["tools"][0]["function"]["name"] == "read_file"
    assert stats["tokens_before"] == count_body(sent, "openai", MODEL)
    assert stats["tokens_after"] == count_body(body, "openai", MODEL) < stats["tokens_before"]
    for block in body["blocks"]:
        assert block["fate"] in {"kept", "rewritten", "dropped", "added"}
        assert {"id", "type", "frozen", "reason", "stage", "tokens_before", "tokens_after"} <= set(block)
    assert not provider.requests
    trace = account.trace(answer.headers["x-optimizer-trace-id"])
    assert (trace["status"], trace["provider"], trace["tokens_after"]) == ("ok", "", stats["tokens_after"])
    assert trace["blocks"] == body["blocks"]


def test_old_prose_is_compressed_and_its_score_is_told(account: Account) -> None:
    config = {"preset": "balanced", "max_latency_ms": 60_000}
    sent = {"model": MODEL, "messages": talk(story(1, 400)), "config": config}
    body = account.post(PATH, sent).json()
    stats, block = body["optimizer_stats"], body["blocks"][1]

    assert stats["route"] == "heuristic+compression"
    assert (block["stage"], block["fate"]) == ("compress", "rewritten")
    assert stats["faithfulness_score"] == pytest.approx(block["faithfulness"], abs=0.001)
    assert block["reason"].startswith("compressed: faithfulness 0.")
    trace = account.trace(stats["trace_id"])
    assert trace["faithfulness_score"] == pytest.approx(stats["faithfulness_score"])
    assert trace["blocks"] == body["blocks"]


def test_anthropic_prompt(account: Account) -> None:
    sent = {"system": "You are a clerk.", "messages": anthropic_agent(), "tools": ANTHROPIC_TOOLS}
    body = account.post(PATH, sent).json()

    assert body["system"] == "You are a clerk."
    assert body["messages"][2]["content"][0]["type"] == "tool_result"
    assert body["optimizer_stats"]["tokens_saved"] > 0
    assert account.trace(body["optimizer_stats"]["trace_id"])["dialect"] == "anthropic"


def test_items_of_the_responses_api(account: Account) -> None:
    body = account.post(PATH, {"messages": agent()}).json()

    assert [item.get("type") for item in body["messages"]] == [item.get("type") for item in agent()]
    assert body["optimizer_stats"]["tokens_saved"] > 0
    assert account.trace(body["optimizer_stats"]["trace_id"])["dialect"] == "responses"


def test_a_whole_request_body_can_be_tried(account: Account) -> None:
    sent = {"model": MODEL, "messages": HI, "temperature": 0.5, "stream": True}
    assert account.post(PATH, sent).status_code == 200


def test_fields_of_a_config(account: Account) -> None:
    tools = {"messages": HI, "tools": OPENAI_TOOLS}
    full = account.post(PATH, {**tools, "config": {"tool_descriptions": "full"}}).json()
    none = account.post(PATH, {**tools, "config": {"preset": "safe", "tool_descriptions": "none"}}).json()

    assert full["tools"][0]["function"]["description"]
    assert "description" not in none["tools"][0]["function"]


def test_config_by_name(account: Account) -> None:
    OptimizationConfig.objects.create(
        project=account.project, name="bare", fields={"tool_descriptions": "none"}
    )
    answer = account.post(PATH, {"messages": HI, "tools": OPENAI_TOOLS, "config": "bare"})

    assert "description" not in answer.json()["tools"][0]["function"]


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"messages": None}, "messages must be a list, not null"),
        ({"model": 7}, "model must be a string, not 7"),
        ({"budget_tokens": 0}, "budget_tokens"),
        ({"budget_tokens": "many"}, "'many'"),
        ({"budget_tokens": True}, "True"),
        ({"query": 5}, "query"),
        ({"tools": {"a": 1}}, "tools must be a list"),
        ({"documents": ["text"]}, "documents[0]"),
        ({"config": "nope"}, "'nope'"),
        ({"config": 5}, "config"),
        ({"config": {"nope": 1}}, "'nope'"),
        ({"config": {"keep_last_n_turns": -1}}, "keep_last_n_turns"),
        ({"config": {"target_reduction": "half"}}, "target_reduction"),
        ({"config": {"preset": "wild"}}, "'wild'"),
        ({"config": {"preset": 5}}, "preset"),
        ({"config": {"junk_regexes": ["ok", "("]}}, "junk_regexes[1] '('"),
        ({"config": {"redis_url": "redis://10.0.0.1"}}, "'redis_url'"),
    ],
)
def test_refusals(account: Account, fields: dict[str, Any], named: str) -> None:
    answer = account.post(PATH, {"messages": HI, **fields})

    assert answer.status_code == 400, answer.text
    assert named in answer.json()["error"]["message"]


def test_a_lone_surrogate(account: Account) -> None:
    answer = account.post(PATH, data=b'{"messages":[{"role":"user","content":"\\ud83d"}]}')
    assert answer.status_code == 400
