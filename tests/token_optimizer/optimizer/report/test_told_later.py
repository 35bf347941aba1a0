"""A prompt that no stage may change goes out before they ran, and is told of as if they had run first."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from benchmarks.cases.conversations import conversation
from token_optimizer import OptimizerConfig
from token_optimizer.errors import StageError
from token_optimizer.models import OptimizationResult, OptimizationStats, Prompt, WhyNot
from token_optimizer.optimizer import pipeline
from token_optimizer.optimizer.contract.context import Context
from token_optimizer.optimizer.contract.stage import Stage
from token_optimizer.optimizer.conversation.memory import InProcessMemory
from token_optimizer.optimizer.pipeline import optimize_body
from token_optimizer.ports import Ports, RetrievalResult, RetrievedPassage

BALANCED = OptimizerConfig.preset("balanced")
SYSTEM = {"role": "system", "content": "You answer questions about a mill. Answer in one sentence."}
ASKED = {"role": "user", "content": "When was the mill closed, and who owned it then?  Name both."}
TOOL = {"type": "function", "function": {"name": "read_log", "description": "Reads a log. By its path."}}
LOG = "\n".join(f"2026-03-01T10:00:{second:02d}Z INFO mill.wheel turns {second}" for second in range(60))
OPENED = {
    "a log": {"messages": [SYSTEM, {"role": "user", "content": f"What is wrong here?\n\n{LOG}"}]},
    "an answer": {"messages": [SYSTEM, ASKED, {"role": "assistant", "content": "In 1904."}, ASKED]},
    "tools": {"messages": [SYSTEM, ASKED], "tools": [TOOL]},
    "an agent": {"messages": conversation(2_000, seed=3)},
}
_TIMED = {"latency_ms", "stages"}


def _sent(body: dict[str, Any], memory: InProcessMemory | None = None, **ports: Any) -> OptimizationResult:
    held = InProcessMemory() if memory is None else memory
    trace_id = "018f0000-0000-7000-8000-000000000000"
    given = Ports(memory=held, secret="ours", with_segments=True, trace_id=trace_id, **ports)
    return optimize_body({"model": "gpt-4o", **body}, "openai", config=BALANCED, ports=given)


def _told(stats: OptimizationStats) -> list[object]:
    """All that they say, but for times."""
    said = [getattr(stats, item.name) for item in fields(stats) if item.name not in _TIMED]
    return [*said, [report._replace(ms=0.0) for report in stats.stages]]


@pytest.mark.parametrize(
    "messages",
    [[ASKED], [SYSTEM, ASKED], [SYSTEM, {**ASKED, "content": "Hi"}]],
    ids=["a question", "a system text", "a greeting"],
)
def test_it_says_the_same(messages: list[dict[str, Any]]) -> None:
    at_once, later = _sent({"messages": messages}), _sent({"messages": messages}, **_later())
    assert (later.body, later.changed) == (at_once.body, at_once.changed)
    assert (later.cuts, later.texts_to_precompress) == (at_once.cuts, at_once.texts_to_precompress)
    known = ("tokens_before", "tokens_after", "route")
    assert all(getattr(later.stats, name) == getattr(at_once.stats, name) for name in known)
    assert not later.stats.stages
    assert later.remember is not None
    waited = later.stats.latency_ms
    later.remember()
    assert _told(later.stats) == _told(at_once.stats)
    assert later.stats.latency_ms == waited


def test_that_it_was_sent_before_is_told_later() -> None:
    memory = InProcessMemory()
    results = [_sent({"messages": [SYSTEM, ASKED]}, memory, **_later()) for _ in range(2)]
    for result in results:
        assert result.remember is not None
        result.remember()
    first, again = (result.stats for result in results)
    assert (first.why_not, again.why_not) == (WhyNot.TOO_SHORT, WhyNot.CACHED)
    assert [block.frozen for block in again.blocks] == [True, True, False]


def test_what_may_be_marked_for_a_cache_is_told_at_once() -> None:
    """The marks depend on whose conversation it is."""
    told = " ".join(f"Rule {number} says to answer in one sentence." for number in range(200))
    body = {"model": "claude-sonnet-4-5", "system": told, "messages": [ASKED]}
    given = Ports(memory=InProcessMemory(), **_later())
    stats = {
        marks: optimize_body(
            body, "anthropic", config=replace(BALANCED, provider_cache=marks), ports=given
        ).stats.stages
        for marks in ("auto", "off")
    }
    assert stats["auto"]
    assert not stats["off"]


@pytest.mark.parametrize("body", OPENED.values(), ids=OPENED)
def test_what_may_be_changed_is_told_at_once(body: dict[str, Any]) -> None:
    assert _sent(body, **_later()).stats.stages


def test_what_gets_passages_is_told_at_once() -> None:
    found = RetrievalResult([RetrievedPassage("p1", "The mill was closed in 1904 by its owner.", score=1.0)])
    result = _sent({"messages": [SYSTEM, ASKED]}, found=found, **_later())
    assert result.stats.stages
    assert result.changed


def test_what_is_over_its_budget_is_told_at_once() -> None:
    given = Ports(memory=InProcessMemory(), **_later())
    body = {"messages": [SYSTEM, ASKED]}
    assert optimize_body(body, "openai", config=BALANCED, budget_tokens=10, ports=given).stats.over_budget


def test_what_is_to_hold_the_texts_is_told_at_once() -> None:
    result = _sent({"messages": [SYSTEM, ASKED]}, with_texts=True, **_later())
    assert result.stats.stages
    assert [texts.after for texts in result.texts.values()][:2] == [SYSTEM["content"], ASKED["content"]]


def test_it_is_told_at_once_unless_asked_for() -> None:
    assert _sent({"messages": [SYSTEM, ASKED]}, remembers_later=True).stats.stages


def test_a_stage_that_changes_it_all_the_same_is_no_saving(monkeypatch: pytest.MonkeyPatch) -> None:
    def add(prompt: Prompt, context: Context) -> Prompt:
        return prompt.but(blocks=(prompt.blocks[0].but(id="new"), *prompt.blocks))

    monkeypatch.setattr(pipeline, "STAGES", (Stage("new", add, "came in"),))
    result = _sent({"messages": [SYSTEM, ASKED]}, **_later())
    assert result.remember is not None
    with pytest.raises(StageError):
        result.remember()
    assert result.stats.tokens_saved == 0


def _later() -> dict[str, bool]:
    return {"remembers_later": True, "tells_later": True}
