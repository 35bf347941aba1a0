"""Static vectors that are not installed."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from token_optimizer.optimizer.embeddings import static as static_embedding


@pytest.fixture
def without_static_vectors(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(sys.modules, "wordllama", None)
    static_embedding._only_embedder.cache_clear()
    yield
    static_embedding._only_embedder.cache_clear()
