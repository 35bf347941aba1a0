"""Texts to vectors by a transformer in this process, by the guide's `EmbeddingService`.

Loading the packaged model takes 0.5 s and 130 MB once, a passage of 200 tokens some 70 ms of one core and a
question 10 ms. In the service one process embeds for the whole machine (`optimizer_app.embeddings.client`); a
request's own passages are compared by the vectors of `StaticEmbedder`.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from token_optimizer.errors import ConfigError
from token_optimizer.optimizer.embeddings.encoders import Encoder, load_encoder
from token_optimizer.optimizer.embeddings.models import DIMENSIONS, FoundModel, Origin, find_model
from token_optimizer.text.cache import TextCache, key_of
from token_optimizer.text.counting import encodable

DEFAULT_MODEL = "BAAI/bge-small-en-v1.5"
# 1.5 kB each.
_VECTORS: TextCache[NDArray[np.float32]] = TextCache(8192)
# No tokenizer makes longer tokens of words, and reading more of a text than the model takes costs time.
_MAX_TOKEN_CHARACTERS = 100


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
        self._encoder = _loaded(found)
        self._max_characters = self._encoder.max_tokens * _MAX_TOKEN_CHARACTERS
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
        read = [encodable(text.lstrip()[: self._max_characters]) for text in texts]
        with self._encoding:
            return self._encoder.encode(read)


def _loaded(found: FoundModel) -> Encoder:
    try:
        encoder = load_encoder(found.folder)
    except ConfigError:
        raise
    except Exception as error:  # the model's libraries have no type of their own
        raise ConfigError(f"{found.name} cannot be loaded: {type(error).__name__}") from error
    if encoder.dimensions != DIMENSIONS:
        raise ConfigError(
            f"{found.name} makes vectors of {encoder.dimensions} dimensions; {DIMENSIONS} are stored"
        )
    return encoder


def _check_texts(texts: Sequence[Any]) -> None:
    if isinstance(texts, str):
        raise TypeError("texts must be a list of strings, not one string")
    for position, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(f"texts[{position}] must be a string, not {type(text).__name__}")
