"""The stage `logs`: what it cuts of a long log, and how far."""

from __future__ import annotations

import random

import pytest

from tests.token_optimizer.optimizer.bodies import LOG, anthropic_body, openai_body
from token_optimizer import OptimizerConfig, optimize
from token_optimizer.optimizer.pipeline import optimize_body

BODIES = [(openai_body(), "openai"), (anthropic_body(), "anthropic")]
BALANCED = OptimizerConfig.preset("balanced")


def test_the_log_keeps_its_error_and_says_what_was_cut() -> None:
    sent = optimize_body(openai_body(), "openai", config=BALANCED).body
    log = sent["messages"][3]["content"]
    assert "lost its lease on shard 19" in log
    assert "lines left out" in log
    assert log.endswith(LOG[-60:])


def _noisy_log(lines: int) -> str:
    """A log in which every fifth line tells of an error, so that windows around errors keep all of it."""
    return "\n".join(
        f"2026-05-04T10:{n // 60 % 60:02d}:{n % 60:02d}Z "
        + (f"ERROR worker {n % 7} timed out" if n % 5 == 0 else f"INFO worker {n % 7} took job {n * 37}")
        for n in range(lines)
    )


def test_a_long_log_is_cut_half_as_far_again_as_the_soft_target_says() -> None:
    messages = [{"role": "user", "content": f"Which worker failed on job 11063?\n\n{_noisy_log(900)}"}]
    stats = {share: optimize(messages, config=_target(share))[1] for share in (None, 0.2, 0.4)}
    assert stats[None].tokens_saved < 0.1 * stats[None].tokens_before
    assert stats[0.2].compression_ratio == pytest.approx(0.7, abs=0.02)
    assert stats[0.4].compression_ratio == pytest.approx(0.4, abs=0.02)
    sent, _ = optimize(messages, config=_target(0.4))
    assert "took job 11063" in sent[0]["content"]


def test_without_a_question_a_long_log_is_cut_to_the_soft_target_alone() -> None:
    messages = [{"role": "user", "content": f"Please read this.\n\n{_noisy_log(900)}"}]
    _, stats = optimize(messages, config=_target(0.4))
    assert stats.compression_ratio == pytest.approx(0.6, abs=0.02)


def test_a_log_whose_marker_says_what_was_alike_is_not_cut_again() -> None:
    dice = random.Random(3)
    log = "\n".join(
        f"2026-05-04T10:00:{n:02d}Z {dice.choice(['INFO', 'DEBUG'])} worker-{dice.randint(1, 4)} tick {n}"
        f" finished job-{dice.randint(100, 999)} in {dice.randint(1, 900)} ms"
        for n in range(60)
    )
    messages = [{"role": "user", "content": f"{log}\n\nWhat of the museum?"}]
    config = OptimizerConfig(target_reduction=0.3, tool_result_tokens=200)
    once, _ = optimize(messages, config=config)
    assert "more like the line above]" in once[0]["content"]
    assert " left out]" not in once[0]["content"]
    assert optimize(once, config=config)[0] == once


def test_of_a_log_that_is_pasted_with_a_question_half_may_go_though_it_is_short() -> None:
    log = _noisy_log(75)
    messages = [{"role": "user", "content": f"Which worker took job {37 * 41}?\n\n{log}"}]
    sent, stats = optimize(messages, config=_target(0.5))
    assert 1_000 < stats.tokens_before < 2_000
    assert 0.4 < stats.compression_ratio < 0.7
    assert f"took job {37 * 41}" in sent[0]["content"]


def test_a_short_log_is_left_alone_without_a_hard_budget() -> None:
    messages = [{"role": "user", "content": f"Which worker failed?\n\n{_noisy_log(40)}"}]
    assert optimize(messages, config=_target(0.7))[0] == messages


def _target(share: float | None) -> OptimizerConfig:
    return OptimizerConfig.preset("balanced", target_reduction=share)


@pytest.mark.parametrize("preset", ["safe", "balanced", "aggressive"])
def test_of_what_is_wanted_as_a_whole_nothing_goes_without_a_budget(preset: str) -> None:
    pods = "\n".join(f"pod-{n}-{n * 7919 % 9973:x}   1/1   Running   {n % 3}   {n}d" for n in range(300))
    messages = [{"role": "user", "content": f"{pods}\n\nList all of it as a table."}]
    sent, _ = optimize(messages, config=OptimizerConfig.preset(preset))
    assert pods in sent[0]["content"]
