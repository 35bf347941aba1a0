"""Every request that is not made smaller has the reason for which it was not, given where it was decided."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

import pytest

import token_optimizer.optimizer.pipeline as pipeline
from tests.token_optimizer.optimizer.bodies import ROWS, TOOL
from tests.token_optimizer.optimizer.stories import RISKY, story, talk
from token_optimizer import OptimizerConfig, optimize
from token_optimizer.dialects.bodies import conversation_key
from token_optimizer.errors import StageSkipped
from token_optimizer.models import OptimizationStats, Prompt, WhyNot
from token_optimizer.optimizer.contract.context import Context
from token_optimizer.optimizer.contract.stage import Stage
from token_optimizer.ports import Ports
from token_optimizer.runtime.latency import Latency

Messages = list[dict[str, Any]]
QUESTION = "Who painted the lighthouse at Sandnes?"
BALANCED = OptimizerConfig.preset("balanced", enable_compression=False)
# Every sentence says what the question asks for.
ALL_ASKED = " ".join(
    f"At Sandnes the lighthouse was painted for time {number} in 19{number}." for number in range(10, 40)
)
FUNCTION = """
def total_{n}(rows):
    found = [row for row in rows if row.mill == {n}]
    return sum(row.price for row in found)
"""
PROGRAM = "```python\n" + "\n".join(FUNCTION.format(n=n) for n in range(20)) + "\n```"


def why_not(messages: Messages, config: OptimizerConfig = BALANCED) -> WhyNot | None:
    """That of a conversation that nobody remembers."""
    fresh = replace(config, api_key=uuid.uuid4().hex)
    return optimize(messages, config=fresh)[1].why_not


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def article(text: str, question: str = QUESTION) -> Messages:
    return [user(f"Article:\n\n{text}\n\nQuestion: {question}")]


def test_what_was_made_smaller_has_none() -> None:
    _, stats = optimize([user(ROWS), user("What is it?")], config=BALANCED)
    assert stats.tokens_saved > 0
    assert stats.why_not is None
    assert "why_not" not in stats.as_dict()


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ([user("How are you?")], WhyNot.TOO_SHORT),
        ([{"role": "system", "content": story(2, 30)}, user("Go on.")], WhyNot.INSTRUCTIONS_ONLY),
        (article(story(3, 30), "Summarize all of this."), WhyNot.QUESTION_UNCLEAR),
        (article(story(3, 30)), WhyNot.QUESTION_UNMATCHED),
        (article(ALL_ASKED), WhyNot.ALL_NEEDED),
        ([user(PROGRAM), user("Make total_5 faster: its price comes from the mill.")], WhyNot.CODE_ONLY),
        ([user(story(8, 30)), {"role": "assistant", "content": "Yes."}, user("And?")], WhyNot.NEWEST_TURNS),
    ],
)
def test_what_lies_in_the_prompt(messages: Messages, reason: WhyNot) -> None:
    assert why_not(messages) is reason


def test_a_config_without_a_target_says_so() -> None:
    safe = OptimizerConfig.preset("safe")
    assert why_not(article(story(3, 30)), safe) is WhyNot.NO_TARGET


def test_compressions_that_say_too_little() -> None:
    assert why_not(talk(RISKY), OptimizerConfig.preset("balanced")) is WhyNot.UNFAITHFUL


def test_the_same_request_again_went_as_it_did() -> None:
    config = OptimizerConfig.preset("balanced", api_key="asks-twice")
    messages = [user("How are you, and what is the weather like?")]
    reasons = [optimize(messages, config=config)[1].why_not for _ in range(2)]
    assert reasons == [WhyNot.TOO_SHORT, WhyNot.CACHED]


@pytest.mark.parametrize(("calls", "reason"), [(1, WhyNot.SHORT_RESULTS), (3, WhyNot.AGENT_AT_WORK)])
def test_an_agents_run(calls: int, reason: WhyNot) -> None:
    messages: Messages = [user("Mend the mill.")]
    for number in range(calls):
        function = {"name": "look", "arguments": f'{{"at": {number}}}'}
        call = {"id": f"call_{number}", "type": "function", "function": function}
        messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
        messages.append({"role": "tool", "tool_call_id": f"call_{number}", "content": story(number, 30)})
    assert why_not(messages) is reason


def test_definitions_of_tools_that_stay_as_they_are() -> None:
    tools = [{**TOOL, "function": {**TOOL["function"], "name": f"read_{number}"}} for number in range(9)]
    config = OptimizerConfig.preset("balanced", tool_descriptions="full", tool_deferral="never")
    _, stats = optimize([user("How are you?")], tools, config=config)
    assert stats.why_not is WhyNot.CODE_ONLY


def over_time(messages: Messages) -> OptimizationStats:
    """With a clock that never moves and no time at all, so that all that asks for time is skipped."""
    body = {"model": "gpt-4o", conversation_key("openai"): messages}
    config = OptimizerConfig.preset("balanced")
    ports = Ports(latency=Latency(0.0, clock=lambda: 0.0))
    return pipeline.optimize_body(body, "openai", config=config, ports=ports).stats


def test_what_there_was_no_time_for() -> None:
    assert over_time(article(story(5, 60), "Summarize all of this.")).why_not is WhyNot.OVER_TIME


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ValueError("broken"), WhyNot.FAILED),
        (StageSkipped("static vectors are not installed"), WhyNot.UNAVAILABLE),
    ],
)
def test_a_stage_that_did_not_work(monkeypatch: pytest.MonkeyPatch, error: Exception, reason: WhyNot) -> None:
    def run(prompt: Prompt, context: Context) -> Prompt:
        raise error

    monkeypatch.delenv(pipeline.STRICT_VARIABLE, raising=False)
    monkeypatch.setattr(pipeline, "STAGES", (Stage("broken", run, "never"),))
    assert why_not(article(story(3, 30))) is reason


def test_a_tool_that_makes_it_longer() -> None:
    _, stats = optimize([user("How are you?")], config=replace(BALANCED, read_back="always"))
    assert stats.tokens_saved < 0
    assert stats.why_not is WhyNot.ADDED


def test_what_is_not_smaller_always_has_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "STAGES", ())
    for text in ("", "Hi", story(6, 10), story(7, 50), PROGRAM):
        for question in ("", QUESTION, "Summarize all of this."):
            reason = why_not([{"role": "system", "content": text}, user(f"{text}\n\n{question}")])
            assert reason in WhyNot
