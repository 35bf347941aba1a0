"""The stage `junk`: what the assistant said that says nothing."""

from __future__ import annotations

from typing import Any

from token_optimizer import OptimizerConfig, optimize


def test_older_remarks_that_match_a_pattern_go_and_the_newest_stay() -> None:
    config = OptimizerConfig.preset("balanced", keep_last_n_turns=1)
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": "Fix it."},
        {"role": "assistant", "content": "Sure."},
        {"role": "assistant", "content": "The bug is in line 4."},
        {"role": "user", "content": "And now?"},
        {"role": "assistant", "content": "Sure."},
    ]
    sent, stats = optimize(messages, config=config)
    assert sent == [messages[0], *messages[2:]]
    assert [(block.fate, block.stage) for block in stats.blocks][1] == ("dropped", "junk")


def test_roles_that_alternate_go_on_alternating() -> None:
    config = OptimizerConfig.preset("balanced", keep_last_n_turns=0)
    messages = [
        {"role": "user", "content": "Which port?"},
        {"role": "assistant", "content": "Sure."},
        {"role": "user", "content": "And which host?"},
        {"role": "assistant", "content": "Sure."},
        {"role": "assistant", "content": "Sure."},
        {"role": "user", "content": "Well?"},
    ]
    sent, stats = optimize(messages, config=config)
    assert [message["role"] for message in sent] == ["user", "assistant", "user", "assistant", "user"]
    reason = "says nothing, but parts two messages of one role"
    assert [block.fate for block in stats.blocks if block.reason == reason] == ["kept", "kept"]


def test_results_of_tools_are_the_users_turn_too() -> None:
    use = {"type": "tool_use", "id": "t", "name": "read", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "t", "content": "8080"}
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": "Which port?"},
        {"role": "assistant", "content": [use]},
        {"role": "user", "content": [result]},
        {"role": "assistant", "content": "Sure."},
        {"role": "user", "content": "Well?"},
    ]
    config = OptimizerConfig.preset("balanced", keep_last_n_turns=0)
    assert optimize(messages, config=config)[0] == messages
