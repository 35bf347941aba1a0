"""Where a config names no budget, the model's window is one."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from token_optimizer import OptimizerConfig
from token_optimizer.models import OptimizationStats, StageReport
from token_optimizer.optimizer.conversation.cache_prices import priced_model
from token_optimizer.optimizer.pipeline import optimize_body
from token_optimizer.optimizer.windows import context_window
from token_optimizer.ports import ModelFacts, Ports

CONFIG = OptimizerConfig.preset("safe")
WALK = "On day {} we walked {} km along the coast, rested at noon and slept in hut {} under the old pines."


def _chat(turns: int) -> list[dict[str, Any]]:
    said = [WALK.format(n, n + 3, n * 7) for n in range(2 * turns + 1)]
    return [{"role": ("user", "assistant")[n % 2], "content": text} for n, text in enumerate(said)]


def _stats(
    model: str, turns: int = 250, config: OptimizerConfig = CONFIG, **fields: Any
) -> OptimizationStats:
    body = {"model": model, "messages": _chat(turns), **fields}
    return optimize_body(body, "openai", config=config).stats


def _report(stats: OptimizationStats) -> StageReport | None:
    return next((report for report in stats.stages if report.name == "budget"), None)


def test_a_prompt_larger_than_the_window_is_brought_into_it() -> None:
    window = context_window("gpt-4", "openai")
    assert window is not None
    stats = _stats("gpt-4")
    assert stats.tokens_before > window
    assert stats.tokens_after <= window - CONFIG.safety_margin_tokens
    report = _report(stats)
    assert report is not None
    assert (report.status, report.reason) == ("ran", f"the window of gpt-4: {window:,} tokens")


def test_the_answer_needs_room_in_the_window_too() -> None:
    window = context_window("gpt-4", "openai")
    assert window is not None
    stats = _stats("gpt-4", max_tokens=4_000)
    assert stats.tokens_after <= window - 4_000 - CONFIG.safety_margin_tokens


def test_a_prompt_within_the_window_is_not_touched_for_it() -> None:
    stats = _stats("gpt-4o")
    assert stats.tokens_after == stats.tokens_before
    assert stats.over_budget == ""


def test_an_unknown_model_has_no_window_and_the_trace_says_so() -> None:
    stats = _stats("a-model-nobody-knows")
    assert stats.tokens_after == stats.tokens_before
    report = _report(stats)
    assert report is not None
    assert report.status == "skipped"
    assert report.reason == "no window is known for a-model-nobody-knows: there is no hard budget"


def test_the_configs_own_budget_goes_first() -> None:
    stats = _stats("gpt-4", config=OptimizerConfig())
    assert stats.tokens_after <= 8_000 - OptimizerConfig().safety_margin_tokens
    assert _report(stats) is None


def test_without_genai_prices_there_is_no_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "genai_prices", None)
    monkeypatch.setitem(sys.modules, "genai_prices.data_snapshot", None)
    priced_model.cache_clear()
    try:
        assert context_window("gpt-4", "openai") is None
    finally:
        priced_model.cache_clear()


def test_a_window_that_the_caller_knows_goes_before_the_known_one() -> None:
    body = {"model": "gpt-4o", "messages": _chat(250)}
    ports = Ports(facts=ModelFacts(context_window=6_000))
    stats = optimize_body(body, "openai", config=CONFIG, ports=ports).stats
    assert stats.tokens_before > 6_000 > stats.tokens_after
    report = _report(stats)
    assert report is not None
    assert report.reason == "the window of gpt-4o: 6,000 tokens"
