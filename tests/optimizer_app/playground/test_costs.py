"""What a prompt costs with several models."""

from __future__ import annotations

from decimal import Decimal

from optimizer_app.models import Project
from optimizer_app.playground.costs import MAX_MODELS, compared_models, costs_by_model
from optimizer_app.playground.prompt import prompt_of_text
from optimizer_app.playground.trial import TrialConfig, run_trials
from tests.dashboard.traces.rows import make_trace
from token_optimizer.config import OptimizerConfig
from token_optimizer.tokens.counts import count_body

TEXT = "Which step failed?\n" + "2026-11-29 05:00:00 INFO step done\n" * 300


def test_it_works(db: None) -> None:
    project = Project.objects.create(name="ci-agent")
    prompt = prompt_of_text(TEXT).with_model("gpt-4o")
    (result,) = run_trials(prompt, [TrialConfig(OptimizerConfig.preset("balanced"))], project)
    own, other, unknown = costs_by_model(result, "openai", ["gpt-4o", "gpt-4", "nobody-knows"])
    assert (own.tokens_before, own.tokens_after) == (result.stats.tokens_before, result.stats.tokens_after)
    assert own.before_usd == Decimal("2.5") * own.tokens_before / 1_000_000
    assert own.saved_usd is not None
    assert own.saved_usd > 0
    assert abs(other.tokens_before - count_body(prompt.body, "openai", "gpt-4")) < 5
    assert unknown.before_usd is None
    assert unknown.saved_usd is None
    assert unknown.estimated


def test_models_that_requests_name_come_after_the_prompts_own(db: None) -> None:
    project = Project.objects.create(name="ci-agent")
    make_trace(project, model="o3")
    found = compared_models("gpt-4o", project)
    assert found[:2] == ["gpt-4o", "o3"]
    assert len(found) == MAX_MODELS
    assert "" not in compared_models("", project)
