"""What a config spares: floors moved by kind, and tools whose results are never cut."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.token_optimizer.optimizer.bodies import LOG
from tests.token_optimizer.optimizer.stages.test_target import documents
from token_optimizer import OptimizerConfig, optimize
from token_optimizer.config import FLOOR_KINDS, TOOL_RESULT
from token_optimizer.errors import ConfigError
from token_optimizer.optimizer.selection.soft.floors import kind_floors


def run(tool: str) -> list[dict[str, Any]]:
    function = {"name": tool, "arguments": json.dumps({"path": "/a"})}
    call = {"id": "call_1", "type": "function", "function": function}
    return [
        {"role": "user", "content": "Look at the scheduler's log: why did it lose its lease?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": LOG},
    ]


def cut_share(factors: dict[str, float]) -> float:
    config = OptimizerConfig.preset("balanced", enable_compression=False, floor_factors=factors)
    return 1 - optimize(documents(), config=config)[1].compression_ratio


def test_a_lower_floor_keeps_more() -> None:
    assert cut_share({"document": 0.0}) < cut_share({}) <= cut_share({"document": 2.0}) + 1e-9
    assert cut_share({"log": 0.0}) == cut_share({})


def test_the_kinds_are_those_that_have_floors() -> None:
    assert {kind.value for kind in kind_floors()} | {TOOL_RESULT} == set(FLOOR_KINDS)


def test_results_of_a_spared_tool_stay_whole() -> None:
    free = OptimizerConfig.preset("balanced", api_key="free")
    spared = OptimizerConfig.preset("balanced", api_key="spared", uncut_tools=["read_log"])
    assert len(optimize(run("read_log"), config=free)[0][2]["content"]) < len(LOG) / 2
    sent, stats = optimize(run("read_log"), config=spared)
    assert sent[2]["content"].count("\n") >= LOG.count("\n") - 1
    assert any("never cut" in fate.reason for fate in stats.blocks)
    assert len(optimize(run("other"), config=spared)[0][2]["content"]) < len(LOG) / 2


@pytest.mark.parametrize(
    "fields",
    [
        {"floor_factors": {"poem": 1}},
        {"floor_factors": {"log": "much"}},
        {"floor_factors": {"log": -1}},
        {"floor_factors": [1]},
        {"uncut_tools": "read_log"},
        {"tuning": "always"},
        {"tuning_min_target": 2},
        {"holdout_share": 0.6},
    ],
)
def test_what_cannot_be_used_is_named(fields: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(fields))):
        OptimizerConfig.preset("balanced", **fields)
