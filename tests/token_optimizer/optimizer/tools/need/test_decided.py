"""What a first question made of tools is the same where it is remembered, and remembered for that alone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.token_optimizer.optimizer.tools.need.test_deferral import BALANCED, QUESTION, SYSTEM, TOOLS
from token_optimizer import OptimizerConfig
from token_optimizer.models import BlockFate, OptimizationResult
from token_optimizer.optimizer.pipeline import optimize_body
from token_optimizer.optimizer.tools.need import decided
from token_optimizer.ports import Ports
from token_optimizer.text.cache import forget_texts

FEE = {"role": "user", "content": "Post the fee to book 7: confirm the entry on account 4711."}
LATER = [{"role": "assistant", "content": "Berth 4."}, {"role": "user", "content": "And tomorrow?"}]
FEW = TOOLS[:4]
ALLOWED = OptimizerConfig.preset("balanced", tool_allowlist=["post_ledger_1*"])
CASES: list[tuple[list[dict[str, Any]], list[dict[str, Any]], OptimizerConfig, int | None]] = [
    (TOOLS, [SYSTEM, QUESTION], BALANCED, None),
    (TOOLS, [SYSTEM, QUESTION, *LATER], BALANCED, None),
    (TOOLS, [{"role": "system", "content": "Call post_ledger_5 last."}, QUESTION], BALANCED, None),
    (TOOLS, [SYSTEM, FEE], BALANCED, None),
    (TOOLS, [SYSTEM, QUESTION], BALANCED, 2_000),
    (TOOLS, [SYSTEM, QUESTION], ALLOWED, None),
    (TOOLS, [SYSTEM, QUESTION], OptimizerConfig.preset("balanced", tool_descriptions="full"), None),
    (FEW, [SYSTEM, QUESTION], BALANCED, None),
    (FEW, [SYSTEM, QUESTION], OptimizerConfig.preset("balanced", tool_descriptions="none"), None),
    (FEW, [SYSTEM, QUESTION], OptimizerConfig.preset("aggressive"), None),
]


def _optimized(
    tools: list[dict[str, Any]], messages: list[dict[str, Any]], config: OptimizerConfig, budget: int | None
) -> OptimizationResult:
    body = {"model": "gpt-4o", "messages": messages, "tools": tools}
    return optimize_body(
        body, "openai", config=config, budget_tokens=budget, ports=Ports(answers_read_back=True)
    )


def _said(result: OptimizationResult) -> tuple[dict[str, Any], list[BlockFate]]:
    return result.body, list(result.stats.blocks)


def test_it_is_the_same_as_decided_anew() -> None:
    anew = []
    for case in CASES:
        forget_texts()
        anew.append(_said(_optimized(*case)))
    forget_texts()
    for _ in range(2):
        assert [_said(_optimized(*case)) for case in CASES] == anew
    assert len({str(body["tools"]) for body, _ in anew}) > 5


def test_it_is_decided_once(monkeypatch: pytest.MonkeyPatch) -> None:
    noted: list[int] = []
    monkeypatch.setattr("token_optimizer.optimizer.stages.heuristics.tools.note_decision", _noting(noted))
    forget_texts()
    for messages in ([SYSTEM, QUESTION], [SYSTEM, QUESTION], [SYSTEM, QUESTION, *LATER], [SYSTEM, FEE]):
        _optimized(FEW, messages, BALANCED, None)
    # The first question stays on the next turn.
    assert len(noted) == 2


def _noting(noted: list[int]) -> Any:
    def note(key: int, *found: Any) -> None:
        noted.append(key)
        decided.note_decision(key, *found)

    return note
