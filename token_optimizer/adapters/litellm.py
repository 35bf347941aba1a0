"""LiteLLM: a callback of the SDK's async calls and of the proxy, and `completion` for the sync ones.

    litellm.callbacks = [OptimizeRequests(target_reduction=0.5)]

In the proxy's config: `litellm_settings: {callbacks: token_optimizer.adapters.litellm.optimize_requests}`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import litellm
from litellm.integrations.custom_logger import CustomLogger

from token_optimizer.adapters.prompts import PromptOptimizer
from token_optimizer.config import OptimizerConfig
from token_optimizer.models import Dialect

# The dialects of calls that have a prompt.
_DIALECTS: Mapping[str, Dialect] = {
    "acompletion": "openai",
    "completion": "openai",
    "anthropic_messages": "anthropic",
    "aresponses": "responses",
    "responses": "responses",
}
_PROMPT_FIELDS = ("messages", "input", "system", "instructions", "tools")


class OptimizeRequests(CustomLogger):
    """Makes each request smaller once its deployment is chosen, whichever of the dialects it came in."""

    def __init__(self, config: OptimizerConfig | None = None, **fields: Any) -> None:
        super().__init__()
        self.optimizer = PromptOptimizer(config, fields)

    async def async_pre_call_deployment_hook(
        self, kwargs: dict[str, Any], call_type: Any
    ) -> dict[str, Any] | None:
        """The one hook that the SDK's async calls and the proxy share, and that may change messages."""
        dialect = _DIALECTS.get(getattr(call_type, "value", call_type) or "")
        return None if dialect is None else await asyncio.to_thread(self._smaller, dialect, kwargs)

    def completion(self, **kwargs: Any) -> Any:
        """`litellm.completion`, which has no hook that may change messages."""
        return litellm.completion(**self._smaller("openai", kwargs))

    def _smaller(self, dialect: Dialect, kwargs: Mapping[str, Any]) -> dict[str, Any]:
        given = {name: kwargs[name] for name in _PROMPT_FIELDS if kwargs.get(name)}
        body = self.optimizer.prepared(dialect, {"model": kwargs.get("model"), **given}).body
        return {**kwargs, **{name: body[name] for name in _PROMPT_FIELDS if name in body}}


# What the config of a proxy can name.
optimize_requests = OptimizeRequests(OptimizerConfig.preset("balanced"))
