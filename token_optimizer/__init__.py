"""Makes LLM prompts smaller before they reach the provider, and says what was cut and why."""

from token_optimizer.config import OptimizerConfig
from token_optimizer.middleware import AsyncTokenOptimizer, TokenOptimizer, wrap
from token_optimizer.models import Block, BlockType
from token_optimizer.optimizer.pipeline import optimize

__all__ = [
    "AsyncTokenOptimizer",
    "Block",
    "BlockType",
    "OptimizerConfig",
    "TokenOptimizer",
    "optimize",
    "wrap",
]
