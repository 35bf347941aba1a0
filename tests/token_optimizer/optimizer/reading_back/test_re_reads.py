"""Tools that are called again after their results were cut are counted, and charged to the rule that cut."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.token_optimizer.optimizer.bodies import LOG, TOOL
from token_optimizer import OptimizerConfig
from token_optimizer.models import Dialect, OptimizationStats
from token_optimizer.optimizer.conversation.memory import InProcessMemory
from token_optimizer.optimizer.formats.call_steps import MAX_STEPS
from token_optimizer.optimizer.pipeline import optimize_body
from token_optimizer.ports import Ports

BALANCED = OptimizerConfig.preset("balanced")


def _step(dialect: Dialect, number: int, path: str, result: str) -> list[dict[str, Any]]:
    """A call of the tool, and its result."""
    call_id, arguments = f"c{number}", {"path": path}
    if dialect == "openai":
        function = {"name": "read_log", "arguments": json.dumps(arguments)}
        calls = [{"id": call_id, "type": "function", "function": function}]
        said = {"role": "assistant", "content": None, "tool_calls": calls}
        return [said, {"role": "tool", "tool_call_id": call_id, "content": result}]
    if dialect == "anthropic":
        use = {"type": "tool_use", "id": call_id, "name": "read_log", "input": arguments}
        answer = {"type": "tool_result", "tool_use_id": call_id, "content": result}
        return [{"role": "assistant", "content": [use]}, {"role": "user", "content": [answer]}]
    call = {
        "type": "function_call",
        "call_id": call_id,
        "name": "read_log",
        "arguments": json.dumps(arguments),
    }
    return [call, {"type": "function_call_output", "call_id": call_id, "output": result}]


class _Run:
    """An agent's run, sent after every step."""

    def __init__(self, dialect: Dialect = "openai", memory: InProcessMemory | None = None) -> None:
        self.dialect = dialect
        self.memory = memory
        self.messages: list[dict[str, Any]] = [{"role": "user", "content": "Why did shard 19 stop?"}]
        self.steps = 0

    def step(self, path: str, result: str) -> OptimizationStats:
        self.messages += _step(self.dialect, self.steps, path, result)
        self.steps += 1
        return self.send()

    def send(self) -> OptimizationStats:
        key = "input" if self.dialect == "responses" else "messages"
        body = {"model": "gpt-4o", key: list(self.messages), "tools": [TOOL]}
        return optimize_body(body, self.dialect, config=BALANCED, ports=Ports(memory=self.memory)).stats


@pytest.mark.parametrize("dialect", ["openai", "anthropic", "responses"])
def test_it_works(dialect: Dialect) -> None:
    run = _Run(dialect, InProcessMemory())
    assert run.step("/a", LOG).re_reads == []
    assert run.step("/b", "nothing").re_reads == []
    again = run.step("/a", f"{LOG[:400]}\nall of it")
    (report,) = again.re_reads
    assert (report.tool, report.stage, report.steps) == ("read_log", "logs", 2)
    assert report.tokens > 50
    assert report.block in {block.id for block in again.blocks if block.kind == "log"}
    assert again.as_dict()["re_reads"] == [report._asdict()]
    (logs,) = (stage for stage in again.stages if stage.name == "logs")
    assert logs.as_dict()["tokens_re_read"] == report.tokens
    assert run.step("/b", "nothing").re_reads == []


def test_one_is_counted_on_one_turn_alone() -> None:
    run = _Run(memory=InProcessMemory())
    run.step("/a", LOG)
    assert len(run.step("/a", "short").re_reads) == 1
    assert run.send().re_reads == []
    assert run.step("/b", "nothing").re_reads == []


def test_without_a_memory_the_newest_calls_count() -> None:
    run = _Run()
    run.step("/a", LOG)
    assert len(run.step("/a", "short").re_reads) == 1
    assert run.step("/b", "nothing").re_reads == []


def test_a_result_that_stood_whole_is_no_reason() -> None:
    run = _Run(memory=InProcessMemory())
    run.step("/a", "It is all well.")
    assert run.step("/a", "It is all well.").re_reads == []


def test_what_comes_much_later_has_other_reasons() -> None:
    run = _Run(memory=InProcessMemory())
    run.step("/a", LOG)
    for number in range(MAX_STEPS):
        run.step(f"/{number}", "nothing")
    assert run.step("/a", "short").re_reads == []


def test_other_arguments_are_another_call() -> None:
    run = _Run(memory=InProcessMemory())
    run.step("/a", LOG)
    assert run.step("/a.1", "short").re_reads == []
