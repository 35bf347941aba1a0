"""The rounds of one request: which answers are gone on from, and how often."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.token_optimizer.optimizer.bodies import openai_body
from token_optimizer import OptimizerConfig
from token_optimizer.optimizer.conversation.memory import InProcessMemory
from token_optimizer.optimizer.pipeline import optimize_body
from token_optimizer.optimizer.reading_back.answers import MAX_ROUNDS
from token_optimizer.optimizer.reading_back.rounds import Rounds
from token_optimizer.ports import Ports


def _rounds(**options: Any) -> Rounds:
    memory, body = InProcessMemory(), openai_body()
    ports = Ports(memory=memory, answers_read_back=True)
    result = optimize_body(body, "openai", config=OptimizerConfig.preset("balanced"), ports=ports)
    return Rounds(result, body, result.body, "openai", memory, **options)


def _answer(*names: str, reason: str = "tool_calls") -> dict[str, Any]:
    arguments = json.dumps({"what": "tick 137"})
    calls = [
        {"id": f"c{at}", "type": "function", "function": {"name": name, "arguments": arguments}}
        for at, name in enumerate(names)
    ]
    message = {"role": "assistant", "content": None, "tool_calls": calls}
    return {"id": "a", "choices": [{"index": 0, "message": message, "finish_reason": reason}]}


def test_it_works() -> None:
    body = _rounds().next_body(_answer("read_back", "read_back"))
    assert body is not None
    assert [message["role"] for message in body["messages"][-3:]] == ["assistant", "tool", "tool"]
    assert "tick 137 finished" in body["messages"][-1]["content"]


def test_further_rounds_stand_behind_the_first() -> None:
    rounds = _rounds()
    for number in range(MAX_ROUNDS):
        body = rounds.next_body(_answer("read_back"))
        assert body is not None
        assert len(body["messages"]) == len(openai_body()["messages"]) + 2 * (number + 1)
    assert rounds.next_body(_answer("read_back")) is None


@pytest.mark.parametrize(
    "answer",
    [
        _answer(),
        _answer("read_log"),
        _answer("read_log", "read_back"),
        _answer("read_back", reason="length"),
        {"error": {"message": "busy"}},
    ],
)
def test_other_answers_go_to_the_client(answer: dict[str, Any]) -> None:
    assert _rounds().next_body(answer) is None


def test_no_round_begins_when_the_time_is_over() -> None:
    assert _rounds(max_seconds=0.0).next_body(_answer("read_back")) is None
