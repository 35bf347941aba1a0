"""What a template costs: tokens of its parts with some values, and money with the provider's cache."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from optimizer_app.optimize.usage import Usage
from optimizer_app.prices.entries import overrides_of
from optimizer_app.prompts.rendering import FilledMessage, body_of, filled, stable_part
from optimizer_app.prompts.template import Template
from optimizer_app.receipts.saving import price_of_usage
from token_optimizer.tokens.counts import count_body, is_estimate

# Both providers cache nothing that is shorter; some models only what is up to four times as long.
MIN_CACHED_TOKENS = 1_024


@dataclass(frozen=True, slots=True)
class TemplateTokens:
    """`stable` stand before the first variable, `fixed_behind` are fixed texts behind it."""

    stable: int
    fixed_behind: int
    variables: int
    estimated: bool

    @property
    def total(self) -> int:
        return self.stable + self.fixed_behind + self.variables


@dataclass(frozen=True, slots=True)
class TemplateCost:
    """A template with some values, sent `requests` times while the provider's cache holds its stable part.

    `cached_tokens` are those of one later request that the cache has. Money is None without a known price.
    """

    model: str
    tokens: TemplateTokens
    requests: int
    cached_tokens: int
    usd: Decimal | None
    usd_without_cache: Decimal | None


def template_tokens(template: Template, values: Mapping[str, Any], model: str) -> TemplateTokens:
    """Tokens of its parts; ValuesRefused where a value cannot be used."""
    messages = filled(template, values)
    total = _count(template, messages, model)
    fixed = _count(template, [_without_values(message) for message in messages], model)
    stable = _count(template, stable_part(messages), model)
    return TemplateTokens(stable, fixed - stable, total - fixed, is_estimate(model))


def template_cost(
    template: Template, values: Mapping[str, Any], requests: int, model: str = ""
) -> TemplateCost:
    """What so many requests cost as input, the first of which puts the stable part into the cache."""
    model = model or template.model
    tokens = template_tokens(template, values, model)
    cached = tokens.stable if _is_cached(template, tokens) else 0
    first = _price(template, model, Usage(tokens.total, 0, cached))
    later = _price(template, model, Usage(tokens.total, cached))
    alone = _price(template, model, Usage(tokens.total))
    if first is None or later is None or alone is None:
        return TemplateCost(model, tokens, requests, cached, None, None)
    usd = first + later * (requests - 1)
    return TemplateCost(model, tokens, requests, cached, usd, alone * requests)


def _is_cached(template: Template, tokens: TemplateTokens) -> bool:
    """Whether the provider keeps the stable part: OpenAI does of itself, Anthropic where it is marked."""
    keeps = template.dialect == "openai" or template.marks_stable_part
    return keeps and tokens.stable >= MIN_CACHED_TOKENS


def _count(template: Template, messages: list[FilledMessage], model: str) -> int:
    return count_body(body_of(template, messages), template.dialect, model)


def _without_values(message: FilledMessage) -> FilledMessage:
    fixed = (replace(piece, text="") if piece.variable else piece for piece in message.pieces)
    return replace(message, pieces=tuple(fixed))


def _price(template: Template, model: str, usage: Usage) -> Decimal | None:
    return price_of_usage(model, template.dialect, usage, overrides_of([model]).get(model))
