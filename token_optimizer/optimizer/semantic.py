"""The guide's semantic module: re-exports, under the guide's names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from token_optimizer.optimizer.embeddings.models import DIMENSIONS
from token_optimizer.optimizer.embeddings.service import EmbeddingService
from token_optimizer.optimizer.embeddings.static import StaticEmbedder, static_embedder
from token_optimizer.optimizer.relevance.mmr import mmr_selection
from token_optimizer.optimizer.relevance.utility import UtilityParts, compute_utility_score, utility_parts

if TYPE_CHECKING:
    from token_optimizer.storage.vectors import VectorStore

__all__ = [
    "DIMENSIONS",
    "EmbeddingService",
    "StaticEmbedder",
    "UtilityParts",
    "VectorStore",
    "compute_utility_score",
    "mmr_selection",
    "static_embedder",
    "utility_parts",
]


def __getattr__(name: str) -> Any:
    """VectorStore, which alone needs a database's client."""
    if name == "VectorStore":
        from token_optimizer.storage.vectors import VectorStore

        return VectorStore
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
