"""What a stage may know besides the prompt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, replace
from math import inf
from typing import Any, ClassVar

from token_optimizer.config import OptimizerConfig
from token_optimizer.dialects.media import Media
from token_optimizer.models import Dialect, Prompt, value_class
from token_optimizer.ports import NO_FACTS, ModelFacts, PrecompressionStore, RetrievalResult, SentBlock
from token_optimizer.runtime.latency import Latency
from token_optimizer.tokens.counts import count_texts, counter_name
from token_optimizer.tokens.media import MediaCount, count_media

# A compaction cuts to this share of the budget, and to less where ten usual turns need more room; each later
# turn may fill this share of the room that is left: so some ten turns pass before the next one.
COMPACTION_SHARE = 0.5
MIN_COMPACTION_SHARE = 0.3
TURNS_BETWEEN = 10
TURN_SHARE = 0.25
# With less than this share of the budget for a turn's new bulk, a compaction does less harm.
STARVED_SHARE = 0.0075


@value_class
class Context:
    """`budget_tokens` is what the whole prompt is brought to: the hard budget `hard_tokens`, or less on a
    turn that must leave room. `target_tokens` is what `target_reduction` aims at; None where there is none.
    `original` is the prompt as it came, with what earlier turns cut. `found` is what the store has for the
    question, `precompressions` has texts compressed in the background, and `latency` knows what time is
    left. `show_handles`: markers are written with their handles, by which the model can ask for what they
    stand for. `facts` are those of the model that the caller knows better than genai-prices.
    `only_short`: what takes long raises NotShort. `tools_before` has what these very tools were sent as, in
    this conversation or in another one."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    config: OptimizerConfig
    model: str
    budget_tokens: int | None = None
    target_tokens: int | None = None
    original: Prompt | None = None
    hard_tokens: int | None = None
    precompressions: PrecompressionStore | None = None
    latency: Latency = field(default_factory=lambda: Latency(inf))
    found: RetrievalResult | None = None
    show_handles: bool = False
    facts: ModelFacts = NO_FACTS
    only_short: bool = False
    tools_before: Sequence[SentBlock] = ()

    def aiming(self, prompt: Prompt) -> Context:
        """The context with its soft target: what is frozen stays, the rest of the prompt is to shrink."""
        share = self.config.target_reduction
        if share is None:
            return self
        frozen = prompt.prefix.tokens + sum(block.tokens for block in prompt.rest if block.frozen)
        rest = prompt.tokens - frozen
        return replace(self, target_tokens=frozen + int(rest * (1 - share)))

    def compacting(self, turn_tokens: float) -> Context:
        """The context with a budget well below its own, so that a compaction stays rare in a conversation
        that grows by so many tokens a turn."""
        assert self.budget_tokens is not None
        left = 1 - TURNS_BETWEEN * turn_tokens / max(self.budget_tokens, 1)
        share = min(COMPACTION_SHARE, max(MIN_COMPACTION_SHARE, left))
        return replace(self, budget_tokens=int(self.budget_tokens * share))

    def next_turn(self, fixed_tokens: int) -> Context | None:
        """The context for one more turn on a frozen prefix, whose frozen and must-keep text counts
        `fixed_tokens`: its bulk gets a share of the room. None where that would starve it."""
        assert self.budget_tokens is not None
        share = int((self.budget_tokens - fixed_tokens) * TURN_SHARE)
        if share < self.budget_tokens * STARVED_SHARE:
            return None
        return replace(self, budget_tokens=fixed_tokens + share)

    def without_compression(self) -> Context:
        """The context in which no prose is compressed."""
        return replace(self, config=replace(self.config, enable_compression=False))

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text for the request's model."""
        return count_texts(texts, self.model)

    @property
    def counter(self) -> str:
        """The name of what counts."""
        return counter_name(self.model)

    def count_media(self, media: Media, dialect: Dialect) -> MediaCount:
        """What an image, a PDF or audio counts for the request's model."""
        return count_media(media, self.model, dialect)

    def tokens_over(self, prompt: Prompt) -> int:
        """Tokens by which the prompt exceeds the hard budget; 0 or less where it fits."""
        if self.budget_tokens is None:
            return 0
        return prompt.tokens - self.budget_tokens

    def misses_target(self, prompt: Prompt) -> bool:
        """Whether the prompt is still larger than the soft target."""
        if self.target_tokens is None:
            return False
        return prompt.tokens > self.target_tokens
