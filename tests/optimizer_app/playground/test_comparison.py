"""A prompt under two configs, side by side."""

from __future__ import annotations

import json
from typing import Any

import pytest

from optimizer_app.models import Project
from optimizer_app.playground.comparison import MAX_CHARS, Comparison, compare, pasted_prompt
from optimizer_app.playground.prompt import TrialPrompt
from tests.optimizer_app.precompression.texts import prose
from token_optimizer.config import OptimizerConfig
from token_optimizer.errors import PromptError

pytestmark = pytest.mark.django_db
SAFE = OptimizerConfig.preset("safe")


def tried(text: str, draft: OptimizerConfig, live: OptimizerConfig = SAFE) -> Comparison:
    return compare(pasted_prompt(text), live, draft, Project())


def chat(*turns: str, **more: Any) -> str:
    roles = ("user", "assistant")
    messages = [{"role": roles[number % 2], "content": text} for number, text in enumerate(turns)]
    return json.dumps({"model": "gpt-4o", "messages": messages, **more})


def test_blocks_whose_fate_changes_are_named() -> None:
    tight = OptimizerConfig.preset(
        "safe", max_input_tokens=200, safety_margin_tokens=0, keep_last_n_turns=1, read_back="never"
    )
    found = tried(chat("Tell me about the villages.", prose(), "What is 2 + 2?"), tight)
    changed = {
        number: (live and live["fate"], draft and draft["fate"])
        for number, live, draft in found.changed_blocks()
    }
    assert "kept" in {live for live, _ in changed.values()}
    assert {draft for _, draft in changed.values()} & {"dropped", "rewritten"}
    assert found.draft.stats.tokens_after < found.live.stats.tokens_after
    assert found.live.cost_usd is not None
    assert found.draft.cost_usd is not None
    assert found.draft.cost_usd < found.live.cost_usd


def test_one_config_twice_changes_nothing() -> None:
    found = tried(chat("Hello.", prose(), "Go on. You MUST answer in French."), SAFE)
    assert list(found.changed_blocks()) == []
    assert found.directives == ("You MUST answer in French.",)
    assert found.draft.lost_directives == ()


@pytest.mark.parametrize(
    ("text", "dialect", "holds"),
    [
        ("Just a question?", "openai", "messages"),
        ("[1, 2]", "openai", "messages"),
        ('{"not": "a body"}', "openai", "messages"),
        ('[{"role": "user", "content": "Hi"}]', "openai", "messages"),
        ('{"input": "Hi"}', "responses", "input"),
        ('{"system": "Be brief.", "messages": [{"role": "user", "content": "Hi"}]}', "anthropic", "messages"),
        ("[" * 50_000, "openai", "messages"),
    ],
    ids=["text", "list", "object", "messages", "responses", "anthropic", "deep"],
)
def test_what_is_pasted_is_known_by_its_shape(text: str, dialect: str, holds: str) -> None:
    prompt = pasted_prompt(text)
    assert (prompt.dialect, holds in prompt.body) == (dialect, True)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"messages": 3}', "messages must be a list, not int"),
        ("a" * (MAX_CHARS + 1), "more than 1,000,000 characters"),
    ],
    ids=["number", "long"],
)
def test_what_is_no_prompt_is_refused(text: str, reason: str) -> None:
    with pytest.raises(PromptError, match=reason):
        pasted_prompt(text)


def test_a_model_without_a_price_has_no_cost() -> None:
    body = {"model": "nobody's", "messages": [{"role": "user", "content": "Hi"}]}
    assert compare(TrialPrompt(body, "openai"), SAFE, SAFE, Project()).draft.cost_usd is None
