"""The checks before sending, and the fallbacks."""

from __future__ import annotations

from typing import Any

import pytest

from token_optimizer import Block, OptimizerConfig
from token_optimizer.models import BlockType
from token_optimizer.optimizer.validate import (
    alternation_faults,
    apply_fallback,
    structure_faults,
    validate,
)

SYSTEM = Block("You are kind.", BlockType.SYSTEM, tokens=5)
USER = Block("Hello", BlockType.USER, tokens=2)
OLD = Block("Long ago", BlockType.ASSISTANT, tokens=50)
TOOLS = [Block("{}", BlockType.TOOL, id="t1", tokens=9), Block("{}", BlockType.TOOL, id="t2", tokens=9)]


def test_it_works() -> None:
    assert validate([SYSTEM, USER], {"max_input_tokens": 10}) == (True, [])
    assert validate([SYSTEM, USER], OptimizerConfig()) == (True, [])


@pytest.mark.parametrize(
    ("blocks", "config", "error"),
    [
        ([USER], {}, "Missing system message"),
        ([SYSTEM], {}, "Missing user message"),
        ([SYSTEM, USER], {"had_constraints": True}, "Constraints dropped"),
        ([SYSTEM, USER], {"tools_enabled": True}, "Tool schemas missing"),
        ([SYSTEM, USER], {"max_input_tokens": 6}, "Over budget: 7 > 6"),
    ],
)
def test_what_is_missing_is_named(blocks: list[Block], config: dict[str, Any], error: str) -> None:
    assert validate(blocks, config) == (False, [error])


def test_a_check_applies_only_to_what_the_original_had() -> None:
    assert validate([USER], {"had_system": False}) == (True, [])


def test_nothing_wrong_means_no_fallback() -> None:
    assert apply_fallback([SYSTEM, USER], {}, []) == ([SYSTEM, USER], False)


def test_compressed_blocks_go_back_first() -> None:
    short = Block("Hlo", BlockType.USER, tokens=1, compressed=True, original_content="Hello")
    blocks, used = apply_fallback([SYSTEM, short], {}, ["Constraints dropped"])
    assert used
    assert [block.content for block in blocks] == ["You are kind.", "Hello"]


def test_then_two_more_turns_are_kept() -> None:
    seen = []

    def rerun(blocks: list[Block], config: dict[str, Any]) -> list[Block]:
        seen.append(config["keep_last_n_turns"])
        return [SYSTEM, USER]

    blocks, used = apply_fallback([SYSTEM], {"keep_last_n_turns": 4}, ["Missing user message"], rerun)
    assert (blocks, used, seen) == ([SYSTEM, USER], True, [6])


def test_last_comes_the_minimal_prompt_with_all_tools() -> None:
    config = {"max_input_tokens": 30, "tools_enabled": True}
    blocks, _ = apply_fallback([SYSTEM, USER, OLD, *TOOLS], config, ["Over budget: 75 > 30"])
    assert blocks == [SYSTEM, USER, *TOOLS]


def _call(call_id: str) -> dict[str, Any]:
    return {"role": "assistant", "tool_calls": [{"id": call_id, "function": {"name": "f"}}]}


@pytest.mark.parametrize(
    ("messages", "faults"),
    [
        ([{"role": "user", "content": "a"}, _call("1"), {"role": "tool", "tool_call_id": "1"}], set()),
        ([{"role": "tool", "tool_call_id": "1"}], {"tool result without its call"}),
        ([_call("1"), {"role": "user", "content": "a"}], {"tool call without its result"}),
        ([{"role": "user", "content": ""}], {"empty user message"}),
        ([], {"no messages"}),
    ],
)
def test_faults_of_openai_structure(messages: list[dict[str, Any]], faults: set[str]) -> None:
    assert structure_faults({"messages": messages}, "openai") == faults


def test_parallel_calls_are_answered_one_by_one() -> None:
    both = {"role": "assistant", "tool_calls": [{"id": "1"}, {"id": "2"}]}
    results = [{"role": "tool", "tool_call_id": "2"}, {"role": "tool", "tool_call_id": "1"}]
    assert structure_faults({"messages": [both, *results]}, "openai") == set()
    assert structure_faults({"messages": [both, results[0], {"role": "user", "content": "a"}]}, "openai") == {
        "tool call without its result"
    }


def test_faults_of_anthropic_structure() -> None:
    call = {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "f", "input": {}}]}
    result = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "ok"}]}
    assert structure_faults({"messages": [call, result]}, "anthropic") == set()
    assert structure_faults({"messages": [result]}, "anthropic") == {"tool result without its call"}


def test_roles_that_alternated_are_not_left_side_by_side() -> None:
    user, assistant = {"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}
    before = {"messages": [user, assistant, user, assistant, user]}
    fault = {"two messages of one role in a row"}
    assert alternation_faults(before, {"messages": [user, user, assistant, user]}, "openai") == fault
    assert alternation_faults(before, {"messages": [user, assistant, user]}, "openai") == set()
    assert alternation_faults(before, before, "openai") == set()
    side_by_side = {"messages": [user, user, assistant, user]}
    assert alternation_faults(side_by_side, {"messages": [user, user]}, "openai") == set()
