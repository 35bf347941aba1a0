"""The stage `results`: what goes of what a tool returned to an agent, alike on every turn."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from token_optimizer import OptimizerConfig
from token_optimizer.models import OptimizationResult
from token_optimizer.optimizer.conversation.memory import InProcessMemory
from token_optimizer.optimizer.pipeline import optimize_body
from token_optimizer.ports import Ports
from token_optimizer.text.line_numbers import without_line_numbers

BALANCED = OptimizerConfig.preset("balanced")
THINGS = (
    "anchor", "barrel", "candle", "dagger", "engine", "feather", "garden", "hammer", "island", "jacket",
    "kettle", "ladder",
)  # fmt: skip
Messages = list[dict[str, Any]]


def source(functions: int = 160) -> str:
    """A module of many functions about things; one of them counts retries."""
    lines = ['"""Things."""', ""]
    for number in range(functions):
        thing = THINGS[number % len(THINGS)]
        lines += [
            f"def paint_{thing}_{number}(colour, size={number}):",
            f"    total = colour.mix({number}) + size * {number % 7}",
            f"    if total > {number * 3}:",
            f"        return {thing!r} + str(total)",
            "    return None",
            "",
        ]
        if number == 90:
            lines += ["def count_retries(queue):", "    return sum(job.retries for job in queue.waiting)", ""]
    return "\n".join(lines)


def call(number: int, said: str, **arguments: Any) -> dict[str, Any]:
    function = {"name": "read_file", "arguments": json.dumps(arguments)}
    return {
        "role": "assistant",
        "content": said,
        "tool_calls": [{"id": f"c{number}", "type": "function", "function": function}],
    }


def result(number: int, text: str) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": f"c{number}", "content": text}


def run_of_agent(text: str) -> Messages:
    return [
        {"role": "user", "content": "Retries are counted twice in the queue. Mend it."},
        call(1, "I look around first.", path="."),
        result(1, "queue.py\nthings.py"),
        call(2, "I look for where the retries of the queue are counted.", path="things.py"),
        result(2, text),
    ]


def optimized(
    messages: Messages, config: OptimizerConfig = BALANCED, memory: InProcessMemory | None = None
) -> OptimizationResult:
    return optimize_body({"messages": messages}, "openai", config=config, ports=Ports(memory=memory))


@pytest.mark.parametrize("functions", [91, 160, 320])
def test_it_works(functions: int) -> None:
    text = source(functions)
    sent = optimized(run_of_agent(text))
    kept = sent.body["messages"][4]["content"]
    assert "def count_retries(queue):\n    return sum(job.retries for job in queue.waiting)" in kept
    assert "lines left out" in kept
    block = next(block for block in sent.stats.blocks if block.stage == "results")
    room = min(0.56 * block.tokens_before, 1_500 + 0.3 * (block.tokens_before - 1_500))
    assert block.tokens_after == pytest.approx(room, rel=0.05)
    assert block.worth is not None


def test_a_line_that_is_kept_is_a_line_that_was_read() -> None:
    text = source()
    kept = optimized(run_of_agent(text)).body["messages"][4]["content"].split("\n")
    lines = set(text.split("\n"))
    assert all(line in lines for line in kept if not line.startswith("[…"))


@pytest.mark.parametrize("indent", [None, 2])
def test_of_a_file_handed_over_in_json_whole_lines_go_and_it_stays_json(indent: int | None) -> None:
    text = source()
    edits = {"id": "c0", "type": "function", "function": {"name": "shell", "arguments": '{"command": "ls"}'}}
    messages = run_of_agent(json.dumps({"output": text, "metadata": {"exit_code": 0}}, indent=indent))
    messages[1:1] = [{"role": "assistant", "content": "", "tool_calls": [edits]}, result(0, "queue.py")]
    messages[-2] = call(2, "I look for where the retries of the queue are counted.", command="cat things.py")
    kept = json.loads(optimized(messages).body["messages"][-1]["content"])
    assert kept["metadata"] == {"exit_code": 0}
    assert len(kept["output"]) < 0.7 * len(text)
    assert "def count_retries(queue):\n    return sum(job.retries for job in queue.waiting)" in kept["output"]
    lines = set(text.split("\n"))
    assert all(line in lines for line in kept["output"].split("\n") if not line.startswith("[…"))


@pytest.mark.parametrize(
    "config", [OptimizerConfig.preset("safe"), OptimizerConfig.preset("balanced", tool_result_tokens=50_000)]
)
def test_without_a_target_or_above_the_size_nothing_goes(config: OptimizerConfig) -> None:
    messages = run_of_agent(source())
    assert optimized(messages, config).body["messages"][4] == messages[4]


def test_the_same_result_is_cut_alike_on_every_turn_remembered_or_not() -> None:
    memory = InProcessMemory()
    messages = run_of_agent(source())
    first = optimized(messages, memory=memory).body["messages"][4]
    later = [
        *messages,
        call(3, "Now I see paint_engine_100 and paint_ladder_71.", path="queue.py"),
        result(3, "def put(job): ...\n"),
        {"role": "user", "content": "Look at paint_candle_50, too."},
    ]
    assert optimized(later, memory=memory).body["messages"][4] == first
    assert optimized(later).body["messages"][4] == first


def test_what_the_agent_is_after_decides() -> None:
    text = source()
    other = run_of_agent(text)
    other[3] = call(2, "I want to see paint_kettle_118 and nothing else.", path="things.py")
    sent = optimized(other).body["messages"][4]["content"]
    assert "def paint_kettle_118(colour, size=118):\n    total = colour.mix(118)" in sent


def test_what_the_agent_said_a_step_before_counts() -> None:
    messages = run_of_agent(source())
    messages[1] = call(1, "I want to see paint_kettle_118, wherever it is.", path=".")
    messages[3] = call(2, "Here it must be.", path="things.py")
    sent = optimized(messages).body["messages"][4]["content"]
    assert "def paint_kettle_118(colour, size=118):\n    total = colour.mix(118)" in sent


@pytest.mark.parametrize(
    "further", ["", "\n\n```python\n" + "total = mix(3)\n" * 40 + "```\n\nThen run the tests."]
)
def test_lines_that_the_task_names_by_their_numbers_stay_wherever_it_does(further: str) -> None:
    lines = source(400).split("\n")
    numbered = [f"{number:6}→{line}" for number, line in enumerate(lines, 1)]
    messages = run_of_agent("\n".join(numbered))
    messages[0]["content"] = f"The total in things.py:604-606 is wrong.{further}"
    sent = optimized(messages).body["messages"][4]["content"]
    assert "\n".join(lines[600:609]) in without_line_numbers(sent)


def test_what_other_calls_of_a_step_returned_does_not_decide() -> None:
    messages = run_of_agent(source())
    messages[3]["tool_calls"] += call(3, "", path="more.py")["tool_calls"]
    messages.append(result(3, source(200).replace("paint", "draw")))
    sent = optimized(messages)
    block = [block for block in sent.stats.blocks if block.stage == "results"][-1]
    assert block.tokens_after < 0.5 * block.tokens_before


def test_what_is_cut_to_a_budget_fills_it() -> None:
    messages = run_of_agent(source(400))
    whole = optimize_body({"messages": messages}, "openai", config=replace(BALANCED, target_reduction=None))
    budget = whole.stats.tokens_before * 3 // 4
    sent = optimize_body({"messages": messages}, "openai", config=BALANCED, budget_tokens=budget)
    assert budget * 0.95 <= sent.stats.tokens_after <= budget


def history(commits: int = 110) -> str:
    """What `git log` prints; one of the commits drops a retry."""
    said = [f"Change the {THINGS[number % 12]} of part {number}" for number in range(commits)]
    said[60] = "Drop the retry of failed jobs"
    return "\n".join(
        f"commit {number:040x}\nAuthor: Ada\nDate:   Mon Nov 2 10:{number % 60:02}:00 2026\n\n    {words}\n"
        for number, words in enumerate(said, 1)
    )


def test_a_commit_stays_or_goes_whole() -> None:
    kept = optimized(run_of_agent(history())).body["messages"][4]["content"]
    assert "lines left out" in kept
    assert f"commit {61:040x}\nAuthor: Ada\nDate:   Mon Nov 2 10:01:00 2026\n\n    Drop the retry" in kept
    assert kept.count("commit ") == kept.count("Author: ") == kept.count("    Change") + 1


def page(paragraphs: int = 130) -> str:
    """A page about things; one of its paragraphs tells of retries."""
    told = [
        f"The {THINGS[number % 12]} of house {number} was painted by its owner, and {number * 7} people came "
        f"to look at it in spring."
        for number in range(paragraphs)
    ]
    told[80] = "Retries of the queue are counted by the worker that waits, and once more where it ends."
    return "\n\n".join(told)


def test_an_agent_that_writes_its_calls_into_the_text_is_one_too() -> None:
    reads = "Thought: I read where `count_retries` counts.\nAction: open\nAction Input: queue.py"
    messages = [
        {"role": "user", "content": "Retries are counted twice in the queue. Mend it."},
        {"role": "assistant", "content": reads},
        {"role": "user", "content": f"Observation: {page()}"},
    ]
    sent = optimized(messages).body["messages"][2]["content"]
    assert "left out]" in sent
    assert "Retries of the queue are counted by the worker" in sent
    assert len(sent) < 0.8 * len(page())


def test_many_short_texts_that_a_search_returned_are_cut_together() -> None:
    found = [
        {"title": f"House {number}", "body": f"The {THINGS[number % 12]} of house {number} was sold. " * 20}
        for number in range(20)
    ]
    found[13]["body"] = "Retries of the queue are counted by the worker that waits. " + found[13]["body"]
    text = json.dumps(found)
    kept = optimized(run_of_agent(text)).body["messages"][4]["content"]
    assert "Retries of the queue are counted by the worker that waits." in kept
    assert len(kept) < 0.8 * len(text)
    assert optimized(run_of_agent(json.dumps(found[:8]))).body["messages"][4]["content"] == json.dumps(
        found[:8]
    )
