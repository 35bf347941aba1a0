"""Thinking goes back on the next turn to the provider that signed it, and to no other."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.translation.pivot.conversation import Reasoning
from gateway.translation.pivot.signatures import Signature, signature_of
from gateway.translation.providers.anthropic.thinking import effort_of, thinking_config
from tests.gateway.translation.answered import Answered, ask
from tests.gateway.translation.conftest import Fleet
from tests.gateway.translation.features import PAIRS, tools
from tests.gateway.translation.sent import SENT
from tests.provider.mock_gemini import SIGNATURE
from tests.provider.mock_provider import Reply, ToolCall

ASKED = {"role": "user", "content": "Rome?"}
THINKS = Reply(text="", thinking="Two and two.", tool_calls=(ToolCall("weather", '{"city":"Rome"}'),))


def request(caller: str, kind: str, *turns: Any) -> dict[str, Any]:
    key = "input" if caller == "responses" else "messages"
    needed = {"max_tokens": 1000} if caller == "anthropic" else {}
    return {"model": f"to-{kind}", key: [ASKED, *turns], **needed, **tools("weather")[caller]}


def result(caller: str, answered: Answered) -> dict[str, Any]:
    """The result of the call, as the dialect has it."""
    if caller == "openai":
        return {"role": "tool", "tool_call_id": answered.turn[0]["tool_calls"][0]["id"], "content": "sunny"}
    if caller == "anthropic":
        call = answered.turn[0]["content"][-1]["id"]
        content = [{"type": "tool_result", "tool_use_id": call, "content": "sunny"}]
        return {"role": "user", "content": content}
    return {"type": "function_call_output", "call_id": answered.turn[-1]["call_id"], "output": "sunny"}


def second_turn(fleet: Fleet, caller: str, first: str, second: str, *, stream: bool) -> tuple[list[Any], str]:
    """What the second provider is sent of the first one's answer, and what is left out."""
    fleet.providers[first].script(THINKS)
    answered = ask(fleet.account, caller, request(caller, first), stream=stream)
    assert (answered.thinking, answered.calls) == ("Two and two.", [("weather", {"city": "Rome"})])
    turns = [*answered.turn, result(caller, answered)]
    later = ask(fleet.account, caller, request(caller, second, *turns), stream=stream)
    received = fleet.providers[second].requests[-1]
    return SENT[second](received.json, received.path).turns[1][1], later.left_out


@pytest.mark.parametrize("stream", [False, True], ids=["json", "stream"])
@pytest.mark.parametrize(("caller", "kind"), [pair for pair in PAIRS if pair[1] != "openai"])
def test_it_goes_back_signed(fleet: Fleet, caller: str, kind: str, stream: bool) -> None:
    items, left_out = second_turn(fleet, caller, kind, kind, stream=stream)

    assert left_out == ""
    if kind == "gemini":
        assert items[0][0] == "call"
        assert items[0][-1] == SIGNATURE
    else:
        assert items[0][:2] == ("thinking", "Two and two.")
        assert items[0][2].startswith("EqQB+/")
        assert items[1][0] == "call"


@pytest.mark.parametrize("caller", ["openai", "responses"])
def test_it_goes_to_no_other_provider(fleet: Fleet, caller: str) -> None:
    for first, second in (("gemini", "anthropic"), ("anthropic", "gemini"), ("gemini", "bedrock")):
        items, left_out = second_turn(fleet, caller, first, second, stream=False)

        assert "thinking" in left_out
        assert [item[0] for item in items] == ["call"]
        assert SIGNATURE not in items[0]


def test_signatures_carry_their_origin() -> None:
    assert signature_of("EqQ:x", "anthropic") == Signature("EqQ:x", "anthropic")
    assert signature_of("gemini:abc", "anthropic") == Signature("abc", "gemini")
    assert Signature("abc", "gemini").marked("anthropic") == "gemini:abc"
    assert Signature("EqQ", "anthropic").marked("anthropic") == "EqQ"
    assert signature_of("", "anthropic") is None


@pytest.mark.parametrize(
    ("model", "thinks"),
    [
        ("claude-3-7-sonnet-20250219", {"type": "enabled", "budget_tokens": 8_192}),
        ("claude-sonnet-4-5", {"type": "enabled", "budget_tokens": 8_192}),
        ("us.anthropic.claude-opus-4-1-20250805-v1:0", {"type": "enabled", "budget_tokens": 8_192}),
        ("claude-opus-4-6", {"type": "adaptive"}),
        ("claude-opus-4-10", {"type": "adaptive"}),
        ("claude-sonnet-5", {"type": "adaptive"}),
    ],
)
def test_an_effort_is_said_as_the_model_understands_it(model: str, thinks: dict[str, Any]) -> None:
    reasoning = Reasoning("medium")

    assert thinking_config(model, reasoning) == thinks
    assert effort_of(model, reasoning) == (None if "budget_tokens" in thinks else "medium")
