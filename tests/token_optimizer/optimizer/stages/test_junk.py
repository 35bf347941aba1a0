"""The stage `junk`: what the assistant said that says nothing."""

from __future__ import annotations

from token_optimizer import OptimizerConfig, optimize


def test_older_remarks_that_match_a_pattern_go_and_the_newest_stay() -> None:
    config = OptimizerConfig.preset("balanced", keep_last_n_turns=1)
    messages = [
        {"role": "user", "content": "Fix it."},
        {"role": "assistant", "content": "Sure."},
        {"role": "assistant", "content": "The bug is in line 4."},
        {"role": "user", "content": "And now?"},
        {"role": "assistant", "content": "Sure."},
    ]
    sent, stats = optimize(messages, config=config)
    assert sent == [messages[0], *messages[2:]]
    assert [(block.fate, block.stage) for block in stats.blocks][1] == ("dropped", "junk")
