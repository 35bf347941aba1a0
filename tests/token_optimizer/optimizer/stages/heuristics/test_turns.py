"""The stage `turns`: which prose of the newest turns is protected."""

from __future__ import annotations

from token_optimizer import OptimizerConfig
from token_optimizer.models import Block, BlockType, Kind, Prompt
from token_optimizer.optimizer.contract.context import Context
from token_optimizer.optimizer.stages.heuristics.turns import protect_newest_turns


def _block(name: str, turn: int, tokens: int, **fields: object) -> Block:
    return Block(name, BlockType.ASSISTANT, name, turn=turn, message=turn, tokens=tokens, **fields)  # type: ignore[arg-type]


def _protected(blocks: list[Block], budget_tokens: int | None) -> list[str]:
    prompt = Prompt(tuple(blocks), (), {"messages": []}, "openai")
    context = Context(OptimizerConfig(keep_last_n_turns=2), "gpt-4o", budget_tokens)
    return [block.id for block in protect_newest_turns(prompt, context).blocks if block.must_keep]


def test_the_newest_turns_are_protected() -> None:
    assert _protected([_block(name, turn, 50) for turn, name in enumerate("abc")], None) == ["b", "c"]


def test_embedded_content_and_tool_results_stay_open() -> None:
    blocks = [_block("said", 0, 9), _block("log", 0, 9, kind=Kind.LOG), _block("r", 0, 9, tool_result=True)]
    assert _protected(blocks, None) == ["said"]


def test_a_hard_budget_protects_as_many_turns_as_leave_room() -> None:
    blocks = [_block(name, turn, 50) for turn, name in enumerate("abc")]
    assert _protected(blocks, 200) == ["b", "c"]
    assert _protected(blocks, 100) == ["c"]
    assert _protected(blocks, 60) == []
