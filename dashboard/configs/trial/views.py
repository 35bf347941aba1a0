"""Try: the reader's draft beside the live version, on a pasted prompt, on examples, or on stored prompts."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from dashboard.configs.editor import form_of, shown
from dashboard.configs.page import posted, visible_config
from dashboard.configs.trial.rows import TrialRow, sums, trial_row
from dashboard.shell.page import for_role, is_live_refresh, render_page, signed_in
from dashboard.shell.scope import Scope
from optimizer_app.captures.reading import NotKept, check_may_read
from optimizer_app.configs.values import ConfigValues
from optimizer_app.configs.versions.drafts import draft_of
from optimizer_app.models import OptimizationConfig, Role
from optimizer_app.playground.comparison import compare, pasted_prompt
from optimizer_app.playground.examples import shipped_examples
from optimizer_app.playground.prompt import TrialPrompt
from optimizer_app.playground.stored.choices import CAPTURED, SET, sources_chosen
from optimizer_app.playground.stored.sources import Source, loaded
from optimizer_app.releases.runs import failing, run_cases
from token_optimizer.config import OptimizerConfig
from token_optimizer.errors import ConfigError, PromptError

RESULT = "dashboard/configs/trial/result.html"
ALL = "all"
# What a page may take; a replay takes what it needs.
MAX_SECONDS = 20.0


@signed_in
@for_role(Role.VIEWER)
@posted
def try_config(request: HttpRequest, config_id: uuid.UUID) -> HttpResponse:
    """What both would make of the prompts. Nothing is sent or stored."""
    config = visible_config(request, config_id)
    context = {"config": config, **_tried(request, config)}
    if is_live_refresh(request):
        return render_page(request, RESULT, Scope.of_request(request), context)
    return shown(request, config, form_of(request, config), context)


def _tried(request: HttpRequest, config: OptimizationConfig) -> dict[str, Any]:
    """The rows of the trial, or why there are none; and what was chosen."""
    text, example = request.POST.get("prompt", ""), request.POST.get("example", "")
    chosen = {"tried_text": text, "tried_example": example}
    draft = ConfigValues.of(draft_of(config, request.user) or config)
    try:
        prompts = _prompts(request, text, example, config)
        configs = config.as_optimizer_config(), draft.as_optimizer_config()
        rows = list(_rows(prompts, configs, config))
        cases = run_cases(config, draft)
    except (PromptError, ConfigError, NotKept) as error:
        return {**chosen, "trial_problem": f"This cannot be tried: {error}."}
    return {
        **chosen,
        "trial": rows,
        "trial_sums": sums(rows),
        "trial_total": len(prompts),
        "trial_unfinished": len(rows) < len(prompts),
        "replay_url": _replay_url(request, config, example),
        "trial_cases": len(cases),
        "failing": failing(cases),
    }


def _rows(
    prompts: dict[str, TrialPrompt | Source],
    configs: tuple[OptimizerConfig, OptimizerConfig],
    config: OptimizationConfig,
) -> Iterator[TrialRow]:
    """One a prompt, as many as the time allows and one at least; of several those that can be tried."""
    until = time.monotonic() + MAX_SECONDS
    for name, prompt in prompts.items():
        try:
            found = loaded(prompt, config.project).prompt if isinstance(prompt, Source) else prompt
            yield trial_row(name, compare(found, *configs, config.project), config.version)
        except (PromptError, NotKept):
            if len(prompts) == 1:
                raise
        if time.monotonic() > until:
            return


def _prompts(
    request: HttpRequest, text: str, example: str, config: OptimizationConfig
) -> dict[str, TrialPrompt | Source]:
    """The prompts to try, by what a reader knows them by."""
    if sources := sources_chosen(example, config):
        check_may_read(request.user, config.project_id)
        return {source.label: source for source in sources}
    examples = shipped_examples()
    names = examples if example == ALL else [example] if example in examples else []
    if names:
        return {name: TrialPrompt(examples[name].body, examples[name].dialect) for name in names}
    if not text.strip():
        raise PromptError("paste a prompt, or choose an example")
    return {"pasted": pasted_prompt(text)}


def _replay_url(request: HttpRequest, config: OptimizationConfig, example: str) -> str:
    """Where the same prompts are run as a replay; empty for prompts that are not stored."""
    if not example.startswith((CAPTURED, SET)):
        return ""
    subject = "draft" if draft_of(config, request.user) else str(config.version)
    asked = {"project": config.project.name, "subject": f"{config.pk}:{subject}"}
    if example.startswith(SET):
        return f"{reverse('dashboard:new_replay')}?{urlencode({**asked, 'set_name': example[len(SET) :]})}"
    return f"{reverse('dashboard:new_replay')}?{urlencode({**asked, 'config': config.name})}"
