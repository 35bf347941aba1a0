"""Conversations that go through untouched, at the running gateway."""

from __future__ import annotations

from typing import Any

import pytest

from optimizer_app.models import OptimizationConfig
from tests.gateway.accounts import Account
from tests.gateway.prompts import ANTHROPIC_TOOLS, HI, MODEL, OPENAI_TOOLS, ORDERS, QUESTION, TOOL
from tests.provider.mock_dialects import ToolCall
from tests.provider.mock_provider import MockProvider, Reply

CHAT = "/v1/chat/completions"
Body = dict[str, Any]
# Of so many conversations both groups have some: all fall into one in one of 500,000 runs.
SOME = range(20)
RESPONSES_TOOLS = [{"type": "function", "name": "read_file", "parameters": TOOL}]


@pytest.fixture
def half_held_out(account: Account) -> Account:
    """An account whose config holds out half of the conversations."""
    OptimizationConfig.objects.filter(project=account.project).update(fields={"holdout_share": 0.5})
    return account


def body(number: int, *more: Body, **fields: Any) -> Body:
    """A conversation with something to cut."""
    opening = {"role": "user", "content": f"Case {number}.\n\n{ORDERS}\n\n{QUESTION}"}
    return {"model": MODEL, "messages": [opening, *more], **fields}


def traces_of(account: Account, bodies: list[Body]) -> list[dict[str, Any]]:
    answers = [account.post(CHAT, found) for found in bodies]
    assert {answer.status_code for answer in answers} == {200}
    return [account.trace(answer.headers["x-optimizer-trace-id"]) for answer in answers]


def test_a_share_goes_out_as_it_came_and_the_rest_smaller(
    half_held_out: Account, provider: MockProvider
) -> None:
    bodies = [body(number) for number in SOME]
    traces = traces_of(half_held_out, bodies)
    sent = [request.json for request in provider.requests]
    assert {trace["holdout_group"] for trace in traces} == {"held_out", "optimized"}
    for trace, given, seen in zip(traces, bodies, sent, strict=True):
        if trace["holdout_group"] == "held_out":
            assert (trace["route"], trace["why_not"]) == ("bypass", "held_out")
            assert trace["tokens_before"] == trace["tokens_after"] > 0
            assert seen == given
        else:
            assert trace["route"] == "heuristic_only"
            assert trace["tokens_after"] < trace["tokens_before"]
    assert len({trace["holdout_unit"] for trace in traces}) == len(SOME)


def test_a_conversation_stays_in_its_group(half_held_out: Account) -> None:
    more = [{"role": "assistant", "content": "Order 1003."}, {"role": "user", "content": "And its total?"}]
    first = traces_of(half_held_out, [body(number) for number in range(8)])
    second = traces_of(half_held_out, [body(number, *more) for number in range(8)])
    for trace, later in zip(first, second, strict=True):
        assert (trace["holdout_group"], trace["holdout_unit"]) == (
            later["holdout_group"],
            later["holdout_unit"],
        )


def test_without_a_share_nobody_takes_part(account: Account) -> None:
    (trace,) = traces_of(account, [body(1)])
    assert (trace["holdout_group"], trace["holdout_unit"], trace["outcome"]) == ("", None, None)


def test_what_is_switched_off_takes_no_part(half_held_out: Account) -> None:
    answer = half_held_out.post(CHAT, body(1), headers={"x-optimizer-mode": "off"})
    trace = half_held_out.trace(answer.headers["x-optimizer-trace-id"])
    assert (trace["why_not"], trace["holdout_group"]) == ("bypassed", "")


def test_a_response_that_nothing_tells_from_others_takes_no_part(half_held_out: Account) -> None:
    answer = half_held_out.post("/v1/responses", {"model": MODEL, "input": "Say hi."})
    assert half_held_out.trace(answer.headers["x-optimizer-trace-id"])["holdout_group"] == ""


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("arguments", "invalid"), [('{"path": "/a"}', 0), ('{"lines": 3}', 1)])
@pytest.mark.parametrize(
    ("path", "more", "finish"),
    [
        (CHAT, {"messages": HI, "tools": OPENAI_TOOLS}, "tool_calls"),
        ("/v1/messages", {"messages": HI, "tools": ANTHROPIC_TOOLS, "max_tokens": 9}, "tool_use"),
        ("/v1/responses", {"input": "Say hi.", "store": False, "tools": RESPONSES_TOOLS}, "completed"),
    ],
)
def test_what_the_answer_came_to_is_noted(
    half_held_out: Account,
    provider: MockProvider,
    path: str,
    more: Body,
    finish: str,
    arguments: str,
    invalid: int,
    stream: bool,
) -> None:
    provider.script(Reply(tool_calls=(ToolCall("read_file", arguments),)))
    answer = half_held_out.post(path, {"model": MODEL, "stream": stream, **more})
    trace = half_held_out.trace(answer.headers["x-optimizer-trace-id"])
    found = trace["outcome"]
    assert (found["finish"], found["calls"], found["invalid"]) == (finish, 1, invalid)


def test_usage_is_asked_for_in_both_groups(half_held_out: Account) -> None:
    traces = traces_of(half_held_out, [body(number, stream=True) for number in SOME])
    assert {trace["holdout_group"] for trace in traces} == {"held_out", "optimized"}
    assert all(trace["usage_output_tokens"] for trace in traces)


def test_the_same_body_has_the_same_digest(half_held_out: Account) -> None:
    first, again, other = traces_of(half_held_out, [body(1), body(1), body(1, temperature=0.5)])
    assert first["outcome"]["digest"] == again["outcome"]["digest"] != other["outcome"]["digest"]
