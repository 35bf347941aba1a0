"""What holds for every stage: it is named, explains itself once, and leaves protected text alone."""

from __future__ import annotations

import sys
from copy import deepcopy
from typing import Any

import pytest

from tests.token_optimizer.optimizer.bodies import anthropic_body, openai_body, responses_body
from token_optimizer import OptimizerConfig
from token_optimizer.errors import StageSkipped
from token_optimizer.models import Prompt
from token_optimizer.optimizer.contract.context import Context
from token_optimizer.optimizer.contract.stage import Stage, counted
from token_optimizer.optimizer.formats.reading import canonicalize
from token_optimizer.optimizer.pipeline import STAGES, optimize_body
from token_optimizer.tokens.counts import count_texts

BODIES = [(openai_body(), "openai"), (anthropic_body(), "anthropic"), (responses_body(), "responses")]
MODEL = "gpt-4o"
BY_NAME = pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)


def prompt_of(body: dict[str, Any], dialect: Any) -> Prompt:
    return canonicalize(body, dialect, count=lambda texts: count_texts(texts, MODEL))


def context_of(prompt: Prompt, share: float | None) -> Context:
    budget = None if share is None else int(share * prompt.tokens)
    context = Context(OptimizerConfig.preset("balanced"), MODEL, budget, hard_tokens=budget, original=prompt)
    return context.aiming(prompt)


@BY_NAME
@pytest.mark.parametrize("share", [None, 0.5])
@pytest.mark.parametrize(("body", "dialect"), BODIES)
def test_it_adds_no_tokens_changes_no_block_and_leaves_verbatim_and_must_keep_text(
    stage: Stage, share: float | None, body: dict[str, Any], dialect: Any
) -> None:
    prompt = prompt_of(body, dialect)
    before = deepcopy(prompt.blocks)
    context = context_of(prompt, share)
    try:
        after = counted(stage.run(prompt, context), prompt, context)
    except StageSkipped:
        after = prompt
    assert prompt.blocks == before
    assert after.tokens <= prompt.tokens
    left = {block.id: block for block in after.blocks}
    # A call goes whole, with its turn.
    verbatim = [block for block in prompt.blocks if block.verbatim and block.id in left]
    assert all(left[block.id].content == block.content for block in verbatim)
    assert all(block.id in left for block in prompt.blocks if block.must_keep)


@BY_NAME
def test_its_module_says_what_it_does_with_an_example(stage: Stage) -> None:
    (module,) = (module for module in list(sys.modules.values()) if getattr(module, "STAGE", None) is stage)
    assert module.__doc__ is not None
    assert "\nBefore: " in module.__doc__
    assert "\nAfter:  " in module.__doc__


@pytest.mark.parametrize(("body", "dialect"), BODIES)
@pytest.mark.parametrize("budget", [None, 900])
def test_no_reason_says_a_thing_twice(body: dict[str, Any], dialect: Any, budget: int | None) -> None:
    config = OptimizerConfig.preset("aggressive")
    for fate in optimize_body(body, dialect, config=config, budget_tokens=budget).stats.blocks:
        parts = fate.reason.split(": ")
        assert len(parts) == len(set(parts)), fate.reason
