"""Try: the reader's draft beside the live version, on a pasted prompt or on the examples."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse

from dashboard.configs.editor import form_of, shown
from dashboard.configs.page import posted, visible_config
from dashboard.configs.trial.rows import sums, trial_row
from dashboard.shell.page import is_live_refresh, render_page, signed_in
from dashboard.shell.scope import Scope
from optimizer_app.configs.drafts import draft_of
from optimizer_app.configs.values import ConfigValues
from optimizer_app.models import OptimizationConfig
from optimizer_app.playground.comparison import compare, pasted_prompt
from optimizer_app.playground.examples import shipped_examples
from optimizer_app.playground.prompt import TrialPrompt
from optimizer_app.releases.runs import failing, run_cases
from token_optimizer.errors import ConfigError, PromptError

RESULT = "dashboard/configs/trial/result.html"
ALL = "all"


@signed_in
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
        prompts = _prompts(text, example)
        configs = config.as_optimizer_config(), draft.as_optimizer_config()
        compared = {name: compare(prompt, *configs, config.project) for name, prompt in prompts.items()}
        cases = run_cases(config, draft)
    except (PromptError, ConfigError) as error:
        return {**chosen, "trial_problem": f"This cannot be tried: {error}."}
    rows = [trial_row(name, comparison, config.version) for name, comparison in compared.items()]
    return {
        **chosen,
        "trial": rows,
        "trial_sums": sums(rows),
        "trial_cases": len(cases),
        "failing": failing(cases),
    }


def _prompts(text: str, example: str) -> dict[str, TrialPrompt]:
    """The prompts to try, by what a reader knows them by."""
    examples = shipped_examples()
    names = examples if example == ALL else [example] if example in examples else []
    if names:
        return {name: TrialPrompt(examples[name].body, examples[name].dialect) for name in names}
    if not text.strip():
        raise PromptError("paste a prompt, or choose an example")
    return {"pasted": pasted_prompt(text)}
