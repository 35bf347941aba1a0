"""OpenAI Agents SDK: a filter of what is sent to the model. The session keeps everything.

Runner.run(agent, "Why?", session=session, run_config=RunConfig(call_model_input_filter=OptimizeInput()))
"""

from __future__ import annotations

import asyncio
from typing import Any

from agents.run_config import CallModelData, ModelInputData

from token_optimizer.adapters.prompts import PromptOptimizer
from token_optimizer.config import OptimizerConfig


class OptimizeInput:
    """A `call_model_input_filter`: asked before each call of the model, also between calls of tools."""

    def __init__(self, config: OptimizerConfig | None = None, **fields: Any) -> None:
        self.optimizer = PromptOptimizer(config, fields)

    async def __call__(self, data: CallModelData[Any]) -> ModelInputData:
        body = {"model": _model_of(data.agent), "input": list(data.model_data.input)}
        call = await asyncio.to_thread(self.optimizer.prepared, "responses", body)
        return ModelInputData(input=call.body["input"], instructions=data.model_data.instructions)


def _model_of(agent: Any) -> str:
    """The agent's model by name; empty where it is the SDK's default."""
    model = agent.model
    return model if isinstance(model, str) else str(getattr(model, "model", "") or "")
