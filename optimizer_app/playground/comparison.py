"""A prompt as two configs would send it, side by side: figures, changed blocks, directives at risk."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from optimizer_app.models import Project
from optimizer_app.optimize.prices import price_of_usage
from optimizer_app.optimize.service import Optimized
from optimizer_app.optimize.usage import Usage
from optimizer_app.playground.prompt import TrialPrompt, prompt_of_body, prompt_of_text
from optimizer_app.playground.sent import one_spaced, texts_of
from optimizer_app.playground.trial import TrialConfig, run_trials
from optimizer_app.prices.entries import overrides_of
from token_optimizer.config import OptimizerConfig
from token_optimizer.dialects.bodies import detect_dialect
from token_optimizer.errors import PromptError
from token_optimizer.models import BlockFate, Dialect, OptimizationStats
from token_optimizer.optimizer.formats.reading import canonicalize
from token_optimizer.optimizer.prose.directives import extract_constraints

MAX_CHARS = 1_000_000
ChangedBlock = tuple[int, BlockFate | None, BlockFate | None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a config made of a prompt. `cost_usd` is the list price of what would be sent, None without one;
    `lost_directives` do not stand in it."""

    stats: OptimizationStats
    model: str
    cost_usd: Decimal | None
    lost_directives: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A prompt as the live version and as a draft would send it, and the directives in it."""

    live: Outcome
    draft: Outcome
    directives: tuple[str, ...]

    def changed_blocks(self) -> Iterator[ChangedBlock]:
        """Blocks whose fate or size differs, numbered as the live version has them; the draft's own last."""
        drafted = {block.id: block for block in self.draft.stats.blocks}
        for number, block in enumerate(self.live.stats.blocks, 1):
            other = drafted.pop(block.id, None)
            if other is None or (block.fate, block.tokens_after) != (other.fate, other.tokens_after):
                yield number, block, other
        for number, block in enumerate(drafted.values(), len(self.live.stats.blocks) + 1):
            yield number, None, block


def compare(
    prompt: TrialPrompt, live: OptimizerConfig, draft: OptimizerConfig, project: Project
) -> Comparison:
    """Both, one after the other; PromptError where the body is no prompt."""
    first, second = run_trials(prompt, [TrialConfig(live), TrialConfig(draft)], project)
    directives = _directives(prompt, draft)
    return Comparison(
        _outcome(prompt, live, first, _directives(prompt, live)),
        _outcome(prompt, draft, second, directives),
        directives,
    )


def pasted_prompt(text: str) -> TrialPrompt:
    """A pasted text: a request body of any dialect, a list of messages, else what a user says.

    PromptError where it is too long, or a body that cannot be used.
    """
    if len(text) > MAX_CHARS:
        raise PromptError(f"it has more than {MAX_CHARS:,} characters")
    body = _body(text)
    return prompt_of_text(text) if body is None else prompt_of_body(json.dumps(body), _dialect(body))


def _outcome(
    prompt: TrialPrompt, config: OptimizerConfig, result: Optimized, directives: tuple[str, ...]
) -> Outcome:
    model = prompt.model or config.target_model
    sent = one_spaced(texts_of(result.body))
    lost = tuple(line for line in directives if one_spaced(line) not in sent)
    return Outcome(result.stats, model, _cost(model, prompt.dialect, result.stats.tokens_after), lost)


def _cost(model: str, dialect: Dialect, tokens: int) -> Decimal | None:
    """What the tokens cost as input that no cache knows."""
    return price_of_usage(model, dialect, Usage(tokens), overrides_of([model]).get(model))


def _directives(prompt: TrialPrompt, config: OptimizerConfig) -> tuple[str, ...]:
    blocks = canonicalize(prompt.body, prompt.dialect).blocks
    found = extract_constraints(list(blocks), config.directive_keywords)
    return tuple(found.content.split("\n")) if found else ()


def _body(text: str) -> dict[str, Any] | None:
    """The body that the text is; None where it is a text and no body."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if isinstance(found, list) and found and all(isinstance(item, dict) and "role" in item for item in found):
        return {"messages": found}
    return found if isinstance(found, dict) and {"messages", "input"} & found.keys() else None


def _dialect(body: Mapping[str, Any]) -> Dialect:
    if "messages" not in body:
        return "responses"
    if "system" in body:
        return "anthropic"
    lists = [value if isinstance(value, list) else [] for value in (body["messages"], body.get("tools"))]
    return detect_dialect(*lists)
