"""Texts to vectors by a transformer in this process.

`EmbeddingService`: importing and loading it takes 12 s and some
500 MB once, a passage of 200 tokens 40 to 110 ms, a question 20 ms. In the service one process embeds for
the whole machine (`optimizer_app.embeddings.client`); a request's own passages are compared by the vectors of
`StaticEmbedder`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from token_optimizer.errors import ConfigError
from token_optimizer.optimizer.embeddings.models import DIMENSIONS, FoundModel, Origin, find_model
from token_optimizer.text import encodable
from token_optimizer.text_cache import TextCache, key_of

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


DEFAULT_MODEL = "BAAI/bge-small-en-v1.5"
# 1.5 kB each.
_VECTORS: TextCache[NDArray[np.float32]] = TextCache(8192)
_BATCH = 16
# No tokenizer makes longer tokens of words, and reading more of a text than the model takes costs time.
_LONGEST_TOKEN_CHARACTERS = 100
_LOADING = threading.Lock()


class EmbeddingService:
    """Texts to vectors of 384 dimensions and length 1, on the CPU. Safe across threads.

    `model` is the name of the model that really embeds, `origin` where it came from: hub, path or wheel.
    Only vectors of the same `model` may be compared. A text longer than the model reads is cut.
    """

    def __init__(self, model_name: str = DEFAULT_MODEL) -> None:
        found = find_model(model_name)
        self.asked_for = model_name
        self.model = found.name
        self.origin: Origin = found.origin
        self._query_prefix = found.query_prefix
        self._transformer = _loaded(found)
        self._longest_characters = (self._transformer.max_seq_length or 512) * _LONGEST_TOKEN_CHARACTERS
        self._encoding = threading.Lock()

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One row for each passage."""
        _check_texts(texts)
        keys = [key_of(text, self.model) for text in texts]
        known = {key: _VECTORS.get(key) for key in keys}
        new = {key: text for key, text in zip(keys, texts, strict=True) if known[key] is None}
        for key, vector in zip(new, self._vectors(list(new.values())), strict=True):
            known[key] = vector
            _VECTORS.put(key, vector)
        return np.array([known[key] for key in keys], dtype=np.float32).reshape(-1, DIMENSIONS)

    def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One row for each question, with what the model expects before one."""
        _check_texts(texts)
        return self.embed([self.as_query(text) for text in texts])

    def as_query(self, text: str) -> str:
        """The question as `embed` is to be given it."""
        return self._query_prefix + text

    def _vectors(self, texts: list[str]) -> NDArray[np.float32]:
        if not texts:
            return np.empty((0, DIMENSIONS), dtype=np.float32)
        read = [encodable(text.lstrip()[: self._longest_characters]) for text in texts]
        with self._encoding:
            vectors: NDArray[np.float32] = self._transformer.encode(
                read, batch_size=_BATCH, normalize_embeddings=True, show_progress_bar=False
            )
        return vectors


def _loaded(found: FoundModel) -> SentenceTransformer:
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise ConfigError(
            "EmbeddingService needs the package sentence-transformers: "
            "pip install 'token-optimizer[semantic]'"
        ) from error
    try:
        with _LOADING, _no_progress_bar():
            transformer = SentenceTransformer(str(found.folder), device="cpu", local_files_only=True)
    except Exception as error:  # the model's libraries have no type of their own
        raise ConfigError(f"{found.name} cannot be loaded: {type(error).__name__}") from error
    dimensions = transformer.get_embedding_dimension()
    if dimensions != DIMENSIONS:
        raise ConfigError(f"{found.name} makes vectors of {dimensions} dimensions; {DIMENSIONS} are stored")
    return transformer


@contextmanager
def _no_progress_bar() -> Iterator[None]:
    """Loading a model draws a bar, which is no business of a library's."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def _check_texts(texts: Sequence[Any]) -> None:
    if isinstance(texts, str):
        raise TypeError("texts must be a list of strings, not one string")
    for position, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(f"texts[{position}] must be a string, not {type(text).__name__}")
