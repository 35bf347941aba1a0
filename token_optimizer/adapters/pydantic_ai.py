"""pydantic-ai: a model around another, whose requests are smaller. The agent's history keeps everything.

agent = Agent(OptimizedModel("openai:gpt-4o", target_reduction=0.5))
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models import Model
from pydantic_ai.models.wrapper import WrapperModel

from token_optimizer.adapters.prompts import PromptOptimizer
from token_optimizer.adapters.pydantic_ai_messages import smaller_messages
from token_optimizer.config import OptimizerConfig


class OptimizedModel(WrapperModel):
    """A model, or one by name, with smaller requests."""

    def __init__(self, wrapped: Model | str, config: OptimizerConfig | None = None, **fields: Any) -> None:
        super().__init__(wrapped)
        self.optimizer = PromptOptimizer(config, fields)

    async def request(self, messages: list[ModelMessage], *more: Any) -> ModelResponse:
        return await super().request(await self._smaller(messages), *more)

    @asynccontextmanager
    async def request_stream(self, messages: list[ModelMessage], *more: Any) -> AsyncIterator[Any]:
        async with super().request_stream(await self._smaller(messages), *more) as stream:
            yield stream

    async def count_tokens(self, messages: list[ModelMessage], *more: Any) -> Any:
        return await super().count_tokens(await self._smaller(messages), *more)

    async def _smaller(self, messages: list[ModelMessage]) -> list[ModelMessage]:
        return await asyncio.to_thread(smaller_messages, self.optimizer, messages, self.model_name)
