"""A prompt as two configs would send it, side by side: figures, changed blocks, directives at risk."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from optimizer_app.models import Project
from optimizer_app.optimize.service import Optimized
from optimizer_app.optimize.usage import Usage
from optimizer_app.playground.prompt import TrialPrompt, prompt_of_body, prompt_of_text
from optimizer_app.playground.sent import one_spaced, texts_of
from optimizer_app.playground.trial import TrialConfig, masked_prompt, run_trials
from optimizer_app.prices.entries import overrides_of
from optimizer_app.receipts.saving import price_of_usage
from token_optimizer.config import OptimizerConfig
from token_optimizer.dialects.bodies import detect_dialect
from token_optimizer.errors import PromptError
from token_optimizer.models import Dialect, OptimizationStats
from token_optimizer.optimizer.formats.reading import canonicalize
from token_optimizer.optimizer.prose.directives import extract_constraints

MAX_CHARS = 1_000_000
StoredBlock = Mapping[str, Any]
ChangedBlock = tuple[int, StoredBlock | None, StoredBlock | None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a config made of a prompt: the `body` to send, and its costs as input that no cache knows, None
    without a list price. Of its `directives` those that are lost do not stand in the body."""

    stats: OptimizationStats
    model: str
    cost_before_usd: Decimal | None
    cost_usd: Decimal | None
    directives: tuple[str, ...]
    lost_directives: tuple[str, ...]
    body: Mapping[str, Any] = field(repr=False)

    def blocks(self) -> list[dict[str, Any]]:
        """The blocks as traces store them."""
        return [block.as_dict() for block in self.stats.blocks]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A prompt as the live version and as a draft would send it."""

    live: Outcome
    draft: Outcome

    @property
    def directives(self) -> tuple[str, ...]:
        return self.draft.directives

    def changed_blocks(self) -> Iterator[ChangedBlock]:
        return changed_blocks(self.live.blocks(), self.draft.blocks())


def compare(
    prompt: TrialPrompt, live: OptimizerConfig, draft: OptimizerConfig, project: Project
) -> Comparison:
    """Both, one after the other; PromptError where the body is no prompt."""
    return Comparison(*outcomes(prompt, [live, draft], project))


def outcomes(prompt: TrialPrompt, configs: Sequence[OptimizerConfig], project: Project) -> list[Outcome]:
    """What each config makes of the prompt, one after the other; PromptError where it is none."""
    results = run_trials(prompt, [TrialConfig(config) for config in configs], project)
    return [
        _outcome(masked_prompt(prompt, config, project), config, result)
        for config, result in zip(configs, results, strict=True)
    ]


def changed_blocks(first: Sequence[StoredBlock], second: Sequence[StoredBlock]) -> Iterator[ChangedBlock]:
    """Blocks whose fate or size differs, numbered as the first has them; the second's own last."""
    known = {block.get("id"): block for block in second}
    for number, block in enumerate(first, 1):
        other = known.pop(block.get("id"), None)
        if other is None or _outcome_of(block) != _outcome_of(other):
            yield number, block, other
    for number, block in enumerate(known.values(), len(first) + 1):
        yield number, None, block


def _outcome_of(block: StoredBlock) -> tuple[Any, Any]:
    return block.get("fate"), block.get("tokens_after")


def pasted_prompt(text: str) -> TrialPrompt:
    """A pasted text: a request body of any dialect, a list of messages, else what a user says.

    PromptError where it is too long, or a body that cannot be used.
    """
    if len(text) > MAX_CHARS:
        raise PromptError(f"it has more than {MAX_CHARS:,} characters")
    body = _body(text)
    return prompt_of_text(text) if body is None else prompt_of_body(json.dumps(body), _dialect(body))


def _outcome(prompt: TrialPrompt, config: OptimizerConfig, result: Optimized) -> Outcome:
    model = prompt.model or config.target_model
    directives = _directives(prompt, config)
    sent = one_spaced(texts_of(result.body))
    lost = tuple(line for line in directives if one_spaced(line) not in sent)
    before, after = (
        _cost(model, prompt.dialect, tokens)
        for tokens in (result.stats.tokens_before, result.stats.tokens_after)
    )
    return Outcome(result.stats, model, before, after, directives, lost, result.body)


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
