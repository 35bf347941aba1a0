"""What a prompt costs with several models, before and after: by their own tokenizers, at list price."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from optimizer_app.models import PriceOverride, Project
from optimizer_app.optimize.service import Optimized
from optimizer_app.optimize.usage import Usage
from optimizer_app.prices.entries import overrides_of
from optimizer_app.receipts.saving import price_of_usage
from optimizer_app.rollups.reading import Selection, Stretch, sums
from token_optimizer.models import Kind
from token_optimizer.tokens.counts import count_texts, is_estimate

MAX_MODELS = 6
_USED_WITHIN = timedelta(days=7)
# Shown beside those that requests name, so that a new project sees a comparison, too.
_WELL_KNOWN = ("gpt-5", "gpt-5-mini", "claude-sonnet-4-5", "claude-haiku-4-5")


@dataclass(frozen=True, slots=True)
class ModelCost:
    """One prompt with one model, as input that no cache knows. Prices are None where none is known."""

    model: str
    tokens_before: int
    tokens_after: int
    before_usd: Decimal | None
    after_usd: Decimal | None
    estimated: bool

    @property
    def saved_usd(self) -> Decimal | None:
        if self.before_usd is None or self.after_usd is None:
            return None
        return self.before_usd - self.after_usd


def compared_models(model: str, project: Project) -> list[str]:
    """The prompt's own model, those that most of the project's requests of a week named, and some well-known
    ones."""
    now = timezone.now()
    week = Stretch(now - _USED_WITHIN, now)
    rows = sums(Selection((project.pk,)), week, ("model",), ("requests",))
    most = sorted(rows, key=lambda row: (-row["requests"], row["model"]))
    used = [row["model"] for row in most if row["model"]][:MAX_MODELS]
    named = filter(None, [model, *sorted(used), *_WELL_KNOWN])
    return list(dict.fromkeys(named))[:MAX_MODELS]


def costs_by_model(result: Optimized, dialect: str, models: Sequence[str]) -> list[ModelCost]:
    """The result with each of the models, of which the first is the prompt's own; its texts must be there."""
    overrides = overrides_of(models)
    return [
        _cost(result, dialect, model, overrides.get(model), is_own=model == models[0]) for model in models
    ]


def _cost(
    result: Optimized, dialect: str, model: str, override: PriceOverride | None, *, is_own: bool
) -> ModelCost:
    stats = result.stats
    if is_own:
        before, after, estimated = stats.tokens_before, stats.tokens_after, stats.estimated
    else:
        before = _tokens(result, [texts.before for texts in result.texts.values()], model, "tokens_before")
        after = _tokens(result, [texts.after for texts in result.texts.values()], model, "tokens_after")
        estimated = is_estimate(model)
    before_usd, after_usd = (
        price_of_usage(model, dialect, Usage(tokens), override) for tokens in (before, after)
    )
    return ModelCost(model, before, after, before_usd, after_usd, estimated)


def _tokens(result: Optimized, texts: Sequence[str], model: str, side: str) -> int:
    """Tokens of the texts, and of what has none: framing, images, what came behind the stages."""
    textless = (Kind.FRAMING, Kind.MEDIA)
    blocks = [
        block for block in result.stats.blocks if block.kind in textless or block.id not in result.texts
    ]
    return sum(count_texts(texts, model)) + sum(getattr(block, side) for block in blocks)
