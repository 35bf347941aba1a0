"""Recorded requests through the optimizer in their order, with its memory of each conversation.

Each of them also goes through two simulated caches of its provider: one sees it as it came, one as it would
have been sent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial

from token_optimizer.cli.replay.costs import NO_CACHE, input_usd
from token_optimizer.cli.replay.logs.request import LoggedRequest
from token_optimizer.config import OptimizerConfig
from token_optimizer.models import BlockFate, OptimizationResult, PromptSegment
from token_optimizer.optimizer.conversation.memory import InProcessMemory
from token_optimizer.optimizer.formats.framing import framed
from token_optimizer.optimizer.formats.reading import canonicalize
from token_optimizer.optimizer.pipeline import optimize_body
from token_optimizer.optimizer.rule_names import rule_of
from token_optimizer.ports import Ports
from token_optimizer.prompt_cache.rules import cache_rules
from token_optimizer.prompt_cache.segments import prompt_segments
from token_optimizer.prompt_cache.simulation import CacheEntry, CacheUse, simulate
from token_optimizer.tokens.counts import count_texts
from token_optimizer.tokens.media import count_media

# Where a log says no times, this lies between two requests of a session.
SECONDS_BETWEEN = 30.0


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a request came to. Dollars are those of its input: as it came, as it would have been sent, and
    what the tokens between them cost without any cache; None where the model's price is not known."""

    session: str
    tokens_before: int
    tokens_after: int
    cut_by_rule: Mapping[str, int]
    before_usd: Decimal | None = None
    after_usd: Decimal | None = None
    gross_usd: Decimal | None = None
    is_estimated: bool = False


class _Cache:
    """One provider's cache in this process."""

    def __init__(self) -> None:
        self._entries: dict[str, CacheEntry] = {}

    def get_many(self, keys: Sequence[str]) -> list[CacheEntry | None]:
        return [self._entries.get(key) for key in keys]

    def set_many(self, entries: Mapping[str, CacheEntry]) -> None:
        self._entries.update(entries)


@dataclass(slots=True)
class Replayer:
    """Replays requests by one config. `default_model` is that of requests that name none."""

    config: OptimizerConfig
    default_model: str
    budget_tokens: int | None = None
    _memory: InProcessMemory = field(default_factory=InProcessMemory)
    _caches: dict[tuple[str, bool], _Cache] = field(default_factory=dict)
    _last_at: dict[str, float] = field(default_factory=dict)

    def replay(self, request: LoggedRequest) -> Replayed:
        """Send a request, as far as that goes without a provider. PromptError where it has no prompt."""
        model = str(request.body.get("model") or self.default_model)
        result = optimize_body(
            {**request.body, "model": model},
            request.dialect,
            config=self.config,
            budget_tokens=self.budget_tokens,
            ports=Ports(memory=self._memory, with_segments=True),
        )
        stats = result.stats
        prices = self._prices(request, model, result, self._at(request))
        return Replayed(
            request.session or stats.conversation,
            stats.tokens_before,
            stats.tokens_after,
            cut_by_rule(stats.blocks),
            *prices,
            is_estimated=stats.estimated,
        )

    def _at(self, request: LoggedRequest) -> float:
        if request.is_batch:
            # All at once: none finds what another one writes.
            return 0.0
        at = request.at
        if at is None:
            at = self._last_at.get(request.session, 0.0) + SECONDS_BETWEEN
        self._last_at[request.session] = at
        return at

    def _prices(
        self, request: LoggedRequest, model: str, result: OptimizationResult, at: float
    ) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
        price = partial(input_usd, model, request.dialect, at=at, is_batch=request.is_batch)
        before, after = result.stats.tokens_before, result.stats.tokens_after
        sent = sent_segments(result, request, model) if result.changed else result.stats.segments
        came_usd = price(tokens=before, use=self._use(model, result.stats.segments, at, is_sent=False))
        sent_usd = price(tokens=after, use=self._use(model, sent, at, is_sent=True))
        list_usd, left_usd = price(tokens=before, use=NO_CACHE), price(tokens=after, use=NO_CACHE)
        gross = None if list_usd is None or left_usd is None else list_usd - left_usd
        return came_usd, sent_usd, gross

    def _use(self, model: str, segments: Sequence[PromptSegment], at: float, *, is_sent: bool) -> CacheUse:
        cache = self._caches.setdefault((model, is_sent), _Cache())
        return simulate(segments, cache_rules(model), cache, at)


def sent_segments(
    result: OptimizationResult, request: LoggedRequest, model: str
) -> tuple[PromptSegment, ...]:
    """The segments of the prompt as it would have been sent."""
    count = partial(count_texts, model=model)
    prompt = canonicalize(
        result.body,
        request.dialect,
        count=count,
        count_media=lambda media, dialect: count_media(media, model, dialect),
    )
    prompt = framed(prompt, prompt.body, count)
    return prompt_segments(prompt, result.body, request.dialect, cache_rules(model), "")


def cut_by_rule(blocks: Sequence[BlockFate]) -> dict[str, int]:
    """The tokens that each rule cut, on this turn or on an earlier one; negative where it added more."""
    cut: Counter[str] = Counter()
    for block in blocks:
        tokens = block.tokens_before - block.tokens_after
        if tokens and (rule := rule_of(block.stage, block.reason)):
            cut[rule] += tokens
    return dict(cut)
