"""The loop over the stages, and what it reports."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.token_optimizer.optimizer.bodies import LOG, anthropic_body, openai_body
from tests.token_optimizer.optimizer.stories import walk
from token_optimizer import OptimizerConfig, optimize
from token_optimizer.errors import PromptError, StageError
from token_optimizer.optimizer import pipeline
from token_optimizer.optimizer.pipeline import STRICT_VARIABLE, Stage, optimize_body
from token_optimizer.ports import Ports
from token_optimizer.tokens.counts import count_body

BODIES = [(openai_body(), "openai"), (anthropic_body(), "anthropic")]
BALANCED = OptimizerConfig.preset("balanced")


@pytest.mark.parametrize(("body", "dialect"), BODIES)
def test_it_works(body: dict[str, Any], dialect: Any) -> None:
    before = copy.deepcopy(body)
    result = optimize_body(body, dialect, config=BALANCED)
    assert body == before
    assert result.changed
    assert result.stats.tokens_before == count_body(body, dialect, body["model"])
    assert result.stats.tokens_after == count_body(result.body, dialect, body["model"])
    assert result.stats.tokens_after < 0.6 * result.stats.tokens_before


@pytest.mark.parametrize(("body", "dialect"), BODIES)
def test_the_blocks_add_up_to_the_totals(body: dict[str, Any], dialect: Any) -> None:
    stats = optimize_body(body, dialect, config=BALANCED).stats
    assert sum(block.tokens_before for block in stats.blocks) == stats.tokens_before
    assert sum(block.tokens_after for block in stats.blocks) == stats.tokens_after
    assert sum(stage.tokens_cut for stage in stats.stages) == pytest.approx(stats.tokens_saved, abs=30)


@pytest.mark.parametrize(("body", "dialect"), BODIES)
def test_a_second_run_changes_nothing(body: dict[str, Any], dialect: Any) -> None:
    once, stats = optimize(body["messages"], body["tools"], config=BALANCED)
    assert once != body["messages"]
    twice, again = optimize(once, stats.tools, config=BALANCED)
    assert (twice, again.tools) == (once, stats.tools)


def test_who_keeps_what_was_sent_sends_it_again_on_later_turns() -> None:
    messages: list[dict[str, Any]] = []
    for turn in range(4):
        question = f"Which worker failed in part {turn}?\n\n{LOG}"
        sent, stats = optimize([*messages, {"role": "user", "content": question}], config=BALANCED)
        assert sent[: len(messages)] == messages
        assert stats.tokens_saved > 1_000
        messages = [*sent, {"role": "assistant", "content": "The first one."}]


@pytest.mark.parametrize(("body", "dialect"), BODIES)
def test_the_same_body_gives_the_same_bytes(body: dict[str, Any], dialect: Any) -> None:
    first, second = (optimize_body(copy.deepcopy(body), dialect, config=BALANCED) for _ in range(2))
    assert json.dumps(first.body) == json.dumps(second.body)
    assert first.stats.blocks == second.stats.blocks


def test_system_question_and_calls_come_through_untouched() -> None:
    body = openai_body()
    sent = optimize_body(body, "openai", config=BALANCED).body
    for index in (0, 2, 5):
        assert sent["messages"][index] == body["messages"][index]
    assert sent["temperature"] == 0.2


def test_the_log_block_is_reported_as_rewritten_by_the_log_stage() -> None:
    blocks = optimize_body(openai_body(), "openai", config=BALANCED).stats.blocks
    (log,) = [block for block in blocks if block.kind == "log"]
    assert (log.fate, log.stage) == ("rewritten", "logs")
    assert log.reason
    kept = {block.reason for block in blocks if block.fate == "kept"}
    assert "instructions are never rewritten" in kept


def test_the_texts_of_blocks_are_given_where_they_are_asked_for() -> None:
    config = OptimizerConfig.preset("balanced")
    assert optimize_body(openai_body(), "openai", config=config).texts == {}
    result = optimize_body(openai_body(), "openai", config=config, ports=Ports(with_texts=True))
    fates = {block.id: block.fate for block in result.stats.blocks}
    assert set(result.texts) == set(fates)
    for name, (before, after) in result.texts.items():
        assert (before == after) == (fates[name] == "kept")
        assert (after == "" and before != "") == (fates[name] == "dropped")


def test_a_budget_that_cannot_be_met_is_said() -> None:
    _, stats = optimize(walk(3), budget_tokens=20)
    assert "of a budget of 20" in stats.over_budget


def test_the_library_returns_messages_and_tools() -> None:
    body = openai_body()
    messages, stats = optimize(body["messages"], body["tools"])
    assert stats.tools is not None
    parameters = stats.tools[0]["function"]["parameters"]
    assert parameters["required"] == ["path"]
    assert "title" not in parameters
    assert messages[-1] == body["messages"][-1]


def test_an_unknown_shape_of_messages_is_named() -> None:
    with pytest.raises(PromptError, match=r"messages\[0\]"):
        optimize(["hi"])  # type: ignore[list-item]


def _break(prompt: Any, context: Any) -> Any:
    raise RuntimeError("the secret prompt")


def test_a_broken_stage_leaves_the_prompt_and_claims_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(STRICT_VARIABLE, raising=False)
    monkeypatch.setattr(pipeline, "STAGES", (Stage("broken", _break, "breaks"),))
    result = optimize_body(openai_body(), "openai", config=BALANCED)
    assert result.body == openai_body()
    assert not result.changed
    report = result.stats.stages[-1]
    assert (report.status, report.tokens_cut, report.reason) == ("failed", 0, "RuntimeError")
    assert result.stats.tokens_saved == 0


def _shout(prompt: Any, context: Any) -> Any:
    return replace(prompt, blocks=tuple(replace(b, content=b.content[:-1], tokens=0) for b in prompt.blocks))


def test_a_stage_that_rewrites_instructions_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(STRICT_VARIABLE, "1")
    monkeypatch.setattr(pipeline, "STAGES", (Stage("rude", _shout, "shouts"),))
    with pytest.raises(StageError, match="rewrote the verbatim block"):
        optimize_body(openai_body(), "openai", config=BALANCED)


def test_the_documentation_lists_the_stages_in_their_order() -> None:
    text = (Path(__file__).parents[3] / "docs" / "how-it-works.md").read_text()
    assert re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE) == [stage.name for stage in pipeline.STAGES]
