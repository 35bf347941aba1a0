"""Retrieval for the library: passages of an api_key's own blocks in a VectorStore.

Loading the embedding model takes some 12 s. That happens in the background; requests before it is over go
on by words alone, and the trace says so.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from token_optimizer.errors import StageSkipped
from token_optimizer.optimizer.embeddings.service import EmbeddingService
from token_optimizer.ports import RetrievalResult
from token_optimizer.runtime.background_load import BackgroundLoad
from token_optimizer.storage.vectors import VectorStore


class StoreRetriever:
    """Finds passages of the blocks that were stored under an api_key. Safe across threads."""

    def __init__(self, postgres_url: str, model: str, api_key: str = "", within_seconds: float = 1.0) -> None:
        """Loading begins at once. `within_seconds` bounds each search."""
        self._api_key = api_key
        self._within_seconds = within_seconds
        self._store = BackgroundLoad("the document store", lambda: VectorStore(postgres_url, model))
        self._service = BackgroundLoad("the embedding model", lambda: EmbeddingService(model))

    def passages(self, query: str, top_k: int) -> RetrievalResult:
        """What the store has for the query. StageSkipped while the store is not open."""
        store = self._store.get()
        vector, model, missing = self._embedded(query)
        found = store.passages(
            query, vector, top_k, self._api_key, model=model, within_seconds=self._within_seconds
        )
        return RetrievalResult(found, reason=f"by words alone: {missing}" if missing else "")

    def wait_until_loaded(self) -> None:
        """Wait until the store is open and the model is loaded, or until they cannot be."""
        self._store.wait()
        self._service.wait()

    def close(self) -> None:
        """Close the store's connections."""
        self._store.wait()
        try:
            self._store.get().close()
        except StageSkipped:
            return  # it never opened

    def _embedded(self, query: str) -> tuple[NDArray[np.float32] | None, str, str]:
        """The query's vector and the model it comes from; None and why there is none."""
        try:
            service = self._service.get()
        except StageSkipped as error:
            return None, "", str(error)
        return service.embed_queries([query])[0], service.model, ""
