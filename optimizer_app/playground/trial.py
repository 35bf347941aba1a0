"""One prompt under several configs, optimized as the gateway does it.

Nothing is sent, stored or remembered, and no conversation of a project's is looked at.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from asgiref.sync import async_to_sync

from optimizer_app.models import Project
from optimizer_app.optimize.service import (
    OptimizationRequest,
    Optimized,
    optimize_for_project,
    worker_pool,
)
from optimizer_app.playground.prompt import TrialPrompt
from optimizer_app.prices.rules import facts_of
from token_optimizer.config import OptimizerConfig
from token_optimizer.masking.bodies import masked_body

# That a prompt is tried under side by side.
MAX_COLUMNS = 4


@dataclass(frozen=True, slots=True)
class TrialConfig:
    """What a prompt is tried under. `budget_tokens` None: the config's own budget holds."""

    config: OptimizerConfig
    budget_tokens: int | None = None


def run_trials(prompt: TrialPrompt, configs: Sequence[TrialConfig], project: Project) -> list[Optimized]:
    """The prompt under each config, one after another. PromptError says why it is no prompt."""
    requests = [_request(masked_prompt(prompt, tried.config, project), tried) for tried in configs]
    return async_to_sync(_results)(requests, project.pk)


def masked_prompt(prompt: TrialPrompt, config: OptimizerConfig, project: Project) -> TrialPrompt:
    """The prompt with placeholders for what the config keeps from the provider."""
    masker = config.masker(project.hash_secret)
    if masker is None:
        return prompt
    documents = [{name: masker.masked(text) for name, text in each.items()} for each in prompt.documents]
    body = masked_body(prompt.body, masker)
    return replace(prompt, body=body, documents=documents, question=masker.masked(prompt.question))


async def _results(requests: Sequence[OptimizationRequest], project_id: uuid.UUID) -> list[Optimized]:
    pool = worker_pool()
    return [await optimize_for_project(request, project_id, pool) for request in requests]


def _request(prompt: TrialPrompt, tried: TrialConfig) -> OptimizationRequest:
    model = prompt.model or tried.config.target_model
    return OptimizationRequest(
        body=prompt.body,
        dialect=prompt.dialect,
        config=tried.config,
        model=model,
        trace_id=uuid.uuid4(),
        size_bytes=prompt.size_bytes,
        budget_tokens=tried.budget_tokens or prompt.budget_tokens,
        documents=prompt.documents or None,
        query=prompt.question or None,
        with_texts=True,
        facts=facts_of(model),
    )
