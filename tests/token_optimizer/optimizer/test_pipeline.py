"""The loop over the stages, and what it reports."""

from __future__ import annotations

import copy
import json
import random
from dataclasses import replace
from typing import Any

import pytest

from tests.token_optimizer.optimizer.bodies import LOG, ROWS, anthropic_body, openai_body
from token_optimizer import OptimizerConfig, optimize
from token_optimizer.errors import PromptError, StageError
from token_optimizer.models import Kind
from token_optimizer.optimizer import pipeline
from token_optimizer.optimizer.conversation.memory import InProcessMemory
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
    once = optimize_body(body, dialect, config=BALANCED)
    twice = optimize_body(once.body, dialect, config=BALANCED)
    assert twice.body == once.body
    assert not twice.changed


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


def test_the_log_keeps_its_error_and_says_what_was_cut() -> None:
    sent = optimize_body(openai_body(), "openai", config=BALANCED).body
    log = sent["messages"][3]["content"]
    assert "lost its lease on shard 19" in log
    assert "lines left out" in log
    assert log.endswith(LOG[-60:])


def test_the_log_block_is_reported_as_rewritten_by_the_log_stage() -> None:
    blocks = optimize_body(openai_body(), "openai", config=BALANCED).stats.blocks
    (log,) = [block for block in blocks if block.kind == "log"]
    assert (log.fate, log.stage) == ("rewritten", "logs")
    assert log.reason
    kept = {block.reason for block in blocks if block.fate == "kept"}
    assert "instructions are never rewritten" in kept


def test_the_rows_of_a_tool_result_survive_in_fewer_tokens() -> None:
    sent = optimize_body(anthropic_body(), "anthropic", config=BALANCED).body
    (result,) = sent["messages"][2]["content"][0]["content"]
    assert len(result["text"]) < 0.6 * len(ROWS)
    assert "part 41" in result["text"]
    assert "12.50" in result["text"]


def test_a_repeated_document_becomes_a_reference() -> None:
    passage = "The warehouse moves on the first of May, and its doors open again on the third of that month, "
    passage += "so nothing can be sent between these two days, nor be taken in, by any of the five carriers."
    passage += " The keys stay with the porter."
    messages = [
        {"role": "user", "content": passage},
        {"role": "assistant", "content": "Noted, thank you."},
        {"role": "user", "content": passage},
        {"role": "assistant", "content": "Again noted."},
        {"role": "user", "content": "When does it move?"},
    ]
    sent, stats = optimize(messages)
    assert (stats.blocks[0].stage, stats.blocks[0].fate) == ("dedupe", "rewritten")
    assert stats.blocks[0].reason.endswith("the same text as b2")
    assert "stands again further below" in sent[0]["content"]
    assert sent[2]["content"] == passage


def _chat(turns: int) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = [{"role": "system", "content": "You are a guide."}]
    for turn in range(turns):
        told = f"On day {turn} we walked {turn + 3} km along the coast and slept in hut number {turn * 7}."
        messages.append({"role": "user", "content": told + " You MUST call me Ada." * (turn == 1)})
        messages.append({"role": "assistant", "content": f"Day {turn} sounds lovely, what came after it?"})
    return [*messages, {"role": "user", "content": "How far did we walk on the last day?"}]


def test_over_a_hard_budget_the_oldest_turns_go_with_a_marker() -> None:
    messages, stats = optimize(_chat(40), budget_tokens=600)
    assert stats.tokens_after <= 600
    assert stats.over_budget == ""
    text = json.dumps(messages)
    assert "older messages left out" in text
    assert "MUST call me Ada" in text
    assert "On day 39" in text
    assert messages[0]["content"] == "You are a guide."
    assert {block.fate for block in stats.blocks} == {"kept", "dropped", "added"}


def test_a_budget_that_cannot_be_met_is_said() -> None:
    _, stats = optimize(_chat(3), budget_tokens=20)
    assert "of a budget of 20" in stats.over_budget


def test_documents_go_with_their_question_and_not_as_an_old_turn() -> None:
    documents = [{"title": f"Hut {n}", "text": f"Hut {n} has {n + 2} beds and a stove."} for n in range(9)]
    chat = [*_chat(12)[:-1], {"role": "user", "content": "How many beds has hut 8?"}]
    sent, stats = optimize(chat, documents=documents, budget_tokens=400)
    assert "Hut 8 has 10 beds" in json.dumps(sent)
    assert any(block.fate == "dropped" for block in stats.blocks)


def test_a_call_is_dropped_together_with_its_result() -> None:
    old = openai_body()["messages"][1:5]
    messages = [*old, *_chat(8)[1:]]
    sent, _ = optimize(messages, budget_tokens=300)
    assert not any("tool_calls" in message or message["role"] == "tool" for message in sent)


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
    (report,) = result.stats.stages
    assert (report.status, report.tokens_cut, report.reason) == ("failed", 0, "RuntimeError")
    assert result.stats.tokens_saved == 0


def _shout(prompt: Any, context: Any) -> Any:
    return replace(prompt, blocks=tuple(replace(b, content=b.content[:-1], tokens=0) for b in prompt.blocks))


def test_a_stage_that_rewrites_instructions_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(STRICT_VARIABLE, "1")
    monkeypatch.setattr(pipeline, "STAGES", (Stage("rude", _shout, "shouts"),))
    with pytest.raises(StageError, match="rewrote the verbatim block"):
        optimize_body(openai_body(), "openai", config=BALANCED)


def _orphan(prompt: Any, context: Any) -> Any:
    return replace(prompt, gone_messages=frozenset({2}))


def test_a_broken_structure_falls_back_to_the_original(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "STAGES", (Stage("orphan", _orphan, "drops a call"),))
    result = optimize_body(openai_body(), "openai", config=BALANCED)
    assert result.stats.fallback_used
    assert result.stats.fallback_reason == "tool result without its call"
    assert result.body == openai_body()


def _forget(prompt: Any, context: Any) -> Any:
    return replace(prompt, blocks=tuple(block for block in prompt.blocks if "MUST" not in block.content))


def test_a_lost_constraint_falls_back_to_the_original(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "STAGES", (Stage("forget", _forget, "forgets"),))
    messages = _chat(9)
    sent, stats = optimize(messages)
    assert (stats.fallback_used, stats.fallback_reason) == (True, "1 constraints lost")
    assert sent == messages


def test_reasoning_that_went_with_its_message_is_not_counted() -> None:
    config, memory = OptimizerConfig.preset("balanced", keep_last_n_turns=0), InProcessMemory()
    thinking = {"type": "thinking", "thinking": "They ask for the port again. " * 9, "signature": "c2ln"}
    talk = [
        {"role": "user", "content": "Which port?"},
        {"role": "assistant", "content": [thinking, {"type": "text", "text": "Sure."}]},
        {"role": "user", "content": "And now?"},
        {"role": "assistant", "content": "It is 8080."},
        {"role": "user", "content": "Thanks. And the host?"},
    ]
    for messages in (talk[:3], talk):
        result = optimize_body({"messages": messages}, "anthropic", config=config, ports=Ports(memory=memory))
        assert result.body["messages"] == [messages[0], *messages[2:]]
        assert result.stats.tokens_after == count_body(result.body, "anthropic", config.target_model)
        (fate,) = [fate for fate in result.stats.blocks if fate.kind is Kind.OPAQUE]
        assert (fate.fate, fate.tokens_after) == ("dropped", 0)
        assert "nothing else is left of its message" in fate.reason or fate.frozen


def _noisy_log(lines: int) -> str:
    """A log in which every fifth line tells of an error, so that windows around errors keep all of it."""
    return "\n".join(
        f"2026-05-04T10:{n // 60 % 60:02d}:{n % 60:02d}Z "
        + (f"ERROR worker {n % 7} timed out" if n % 5 == 0 else f"INFO worker {n % 7} took job {n * 37}")
        for n in range(lines)
    )


def test_a_long_log_is_cut_to_the_soft_target_and_no_further() -> None:
    messages = [{"role": "user", "content": f"Which worker failed on job 11063?\n\n{_noisy_log(900)}"}]
    stats = {share: optimize(messages, config=_target(share))[1] for share in (None, 0.3, 0.6)}
    assert stats[None].tokens_saved < 0.1 * stats[None].tokens_before
    assert stats[0.3].compression_ratio == pytest.approx(0.7, abs=0.02)
    assert stats[0.6].compression_ratio == pytest.approx(0.4, abs=0.02)
    sent, _ = optimize(messages, config=_target(0.6))
    assert "took job 11063" in sent[0]["content"]


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


def test_a_short_log_is_left_alone_without_a_hard_budget() -> None:
    messages = [{"role": "user", "content": f"Which worker failed?\n\n{_noisy_log(40)}"}]
    assert optimize(messages, config=_target(0.7))[0] == messages


def _target(share: float | None) -> OptimizerConfig:
    return OptimizerConfig.preset("balanced", target_reduction=share)


def test_colour_codes_go_even_from_code() -> None:
    code = "\n".join(f"\x1b[32mdef f{n}(x):\x1b[0m\n    return x + {n}" for n in range(30))
    sent, _ = optimize([{"role": "user", "content": f"What does f7 add?\n```\n{code}\n```"}])
    assert "\x1b" not in sent[0]["content"]
    assert "def f7(x):\n    return x + 7" in sent[0]["content"]
