"""What a stage may know besides the prompt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from token_optimizer.config import OptimizerConfig
from token_optimizer.models import Prompt
from token_optimizer.tokens import count_texts


@dataclass(frozen=True, slots=True)
class Context:
    """`budget_tokens` is the hard budget of the whole prompt; None where there is none."""

    config: OptimizerConfig
    model: str
    budget_tokens: int | None = None

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text for the request's model."""
        return count_texts(texts, self.model)

    def tokens_over(self, prompt: Prompt) -> int:
        """Tokens by which the prompt exceeds the hard budget; 0 or less where it fits."""
        if self.budget_tokens is None:
            return 0
        return sum(block.tokens for block in prompt.blocks) - self.budget_tokens
