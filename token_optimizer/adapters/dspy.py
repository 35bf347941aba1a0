"""DSPy: a language model whose prompts are made smaller.

dspy.configure(lm=OptimizedLM("openai/gpt-4o", optimizer={"target_reduction": 0.5}))
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import dspy

from token_optimizer.adapters.prompts import PromptOptimizer
from token_optimizer.config import OptimizerConfig

Messages = Sequence[Mapping[str, Any]]


class OptimizedLM(dspy.LM):
    """`dspy.LM`. DSPy's cache, history and callbacks see the prompt as it is sent."""

    def __init__(
        self, model: str, *args: Any, optimizer: OptimizerConfig | dict[str, Any] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(model, *args, **kwargs)
        if isinstance(optimizer, OptimizerConfig):
            self.optimizer = PromptOptimizer(optimizer, {})
        else:
            self.optimizer = PromptOptimizer(None, optimizer or {})

    def __call__(self, prompt: Any = None, *, messages: Messages | None = None, **kwargs: Any) -> Any:
        return super().__call__(prompt, messages=self._smaller(messages), **kwargs)

    async def acall(self, prompt: Any = None, *, messages: Messages | None = None, **kwargs: Any) -> Any:
        smaller = await asyncio.to_thread(self._smaller, messages)
        return await super().acall(prompt, messages=smaller, **kwargs)

    def _smaller(self, messages: Messages | None) -> list[dict[str, Any]] | None:
        return self.optimizer.messages(messages, self.model) if messages else None
