"""Makes LLM prompts smaller before they reach the provider, and says what was cut and why.

A name is imported when it is first used: importing the package alone imports nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
_MODULE_OF = {
    "AsyncTokenOptimizer": "middleware",
    "Block": "models",
    "BlockType": "models",
    "OptimizerConfig": "config",
    "TokenOptimizer": "middleware",
    "optimize": "optimizer.pipeline",
    "wrap": "middleware",
}
# What `import token_optimizer` alone reaches by its dots.
_MODULES = (
    "config",
    "errors",
    "middleware",
    "models",
    "optimizer",
    "ports",
    "providers",
    "storage",
    "telemetry",
    "tokens",
    "utils",
)

if not TYPE_CHECKING:  # for a type checker the package has the names above, and no others

    def __getattr__(name: str) -> Any:
        if name in _MODULES:
            return import_module(f"{__name__}.{name}")
        if name not in _MODULE_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
        globals()[name] = found
        return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_MODULES})
