"""What stays of each tool by how much it is needed."""

from __future__ import annotations

import json
from typing import Any

from token_optimizer import OptimizerConfig, optimize
from token_optimizer.models import Block, BlockType
from token_optimizer.optimizer.tools.steps import STEPS, Need, schemas_by_need


def _tool(name: str, does: str, of_boat: str) -> dict[str, Any]:
    schema = {"type": "object", "properties": {"boat": {"type": "string", "description": of_boat}}}
    return {"name": name, "description": does, "input_schema": schema}


def _told(tool: dict[str, Any]) -> tuple[str, str]:
    return tool.get("description", ""), tool["input_schema"]["properties"]["boat"].get("description", "")


MOOR = _tool("moor", "Moors a ferry at a free berth, by its bow.", "The ferry that asks. NEVER two.")
SINK = _tool("sink", "Sinks a hull at low tide. Never on a Sunday.", "The hull that rots. NEVER two.")
BLOCKS = [Block(content=json.dumps(tool), type=BlockType.TOOL) for tool in (MOOR, SINK, SINK, SINK)]


def _steps(index: int) -> list[tuple[str, str]]:
    need = Need(likely={0}, near={1}, unlikely={2})
    return [_told(json.loads(schemas_by_need(BLOCKS, need, step)[index].content)) for step in range(STEPS)]


def test_the_first_step_keeps_every_rule() -> None:
    assert _steps(0)[0] == _told(MOOR)
    assert _steps(1)[0] == ("Sinks a hull at low tide. Never on a Sunday.", "NEVER two.")
    assert _steps(2)[0] == ("Sinks a hull. Never on a Sunday.", "NEVER two.")
    assert _steps(3)[0] == ("Sinks a hull at low tide. Never on a Sunday.", "NEVER two.")


def test_what_is_near_is_cut_with_what_is_likely() -> None:
    assert _steps(1)[1] == _steps(1)[0]
    assert _steps(0)[2] == ("Moors a ferry at a free berth, by its bow.", "NEVER two.")
    assert _steps(1)[2:] != _steps(2)[2:]


def test_by_default_the_question_decides() -> None:
    messages = [{"role": "user", "content": "Moor the ferry at a free berth."}]
    _, stats = optimize(messages, [MOOR, SINK], config=OptimizerConfig.preset("balanced"))
    assert stats.tools is not None
    moor, sink = map(_told, stats.tools)
    assert moor == _told(MOOR)
    assert sink == ("Sinks a hull. Never on a Sunday.", "NEVER two.")
