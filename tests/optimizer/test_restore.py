"""What was cut before comes back for every question that asks for it."""

from __future__ import annotations

from typing import Any

from token_optimizer import OptimizerConfig
from token_optimizer.optimizer.pipeline import optimize_body
from token_optimizer.optimizer.prefix import InProcessMemory

LOG = "\n".join(
    f"2026-11-22 10:00:{n % 60:02} INFO scheduler tick {n} finished in {n % 7} ms" for n in range(400)
)


def test_two_questions_bring_back_passages_of_one_block(monkeypatch) -> None:
    monkeypatch.setenv("TOKEN_OPTIMIZER_STRICT", "1")
    memory, config = InProcessMemory(), OptimizerConfig.preset("balanced")
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": "Read the log."},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "c", "function": {"name": "read"}}]},
        {"role": "tool", "tool_call_id": "c", "content": LOG},
    ]
    optimize_body({"messages": messages}, "openai", config=config, memory=memory)
    for asked in ("tick 137", "TICK 211"):
        messages += [
            {"role": "assistant", "content": "I look."},
            {"role": "user", "content": f"When did {asked} finish?"},
        ]
        result = optimize_body({"messages": messages}, "openai", config=config, memory=memory)
        newest = result.body["messages"][-1]["content"]
        assert f"scheduler {asked.lower()} finished" in newest
    added = [block.id for block in result.stats.blocks if block.fate == "added"]
    assert len(added) == len(set(added)) == 2
