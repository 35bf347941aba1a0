"""Vectors of texts without a neural network: the mean of its tokens' vectors, looked up in a table.

Less exact than a transformer and some hundred times as fast, so it can look at every passage of a request.
The table and its tokenizer are those of WordLlama (256 dimensions), read from the files of its wheel: the
package's own loader does not find them there without a download.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from token_optimizer.errors import ConfigError
from token_optimizer.text.cache import TextCache, key_of
from token_optimizer.text.counting import encodable

_WEIGHTS = "weights/l2_supercat_256.safetensors"
_TOKENIZER = "tokenizers/l2_supercat_tokenizer_config.json"
_ASPECT = "static vector"
# 1 kB each; a prompt of 60,000 tokens has some 2,000 passages.
_VECTORS: TextCache[NDArray[np.float32]] = TextCache(16_384)
# What is read of one text: no passage is longer, and a whole file costs no more than this.
_MAX_CHARACTERS = 100_000
# Whose tokens' rows are looked up together.
_TEXTS_AT_ONCE = 256


class StaticEmbedder:
    """`embed` gives one normalised vector for each text, the same whatever else it is asked with.

    A text without a token has the zero vector: it is like nothing. Safe across threads.
    """

    dimensions = 256
    model = "wordllama/l2_supercat_256"

    def __init__(self) -> None:
        self._tokenizer, self._table = _tokenizer_and_table()

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of the texts, one row each."""
        keys = [key_of(text, _ASPECT) for text in texts]
        known = {key: _VECTORS.get(key) for key in keys}
        new = {key: text for key, text in zip(keys, texts, strict=True) if known[key] is None}
        for key, vector in zip(new, self._vectors(list(new.values())), strict=True):
            known[key] = vector
            _VECTORS.put(key, vector)
        return np.array([known[key] for key in keys], dtype=np.float32).reshape(-1, self.dimensions)

    def _vectors(self, texts: list[str]) -> list[NDArray[np.float32]]:
        read = [encodable(text[:_MAX_CHARACTERS]) for text in texts]
        encoded = self._tokenizer.encode_batch_fast(read, add_special_tokens=False)
        tokens = [found.ids for found in encoded]
        parts = [
            self._means(tokens[at : at + _TEXTS_AT_ONCE]) for at in range(0, len(tokens), _TEXTS_AT_ONCE)
        ]
        return [vector for part in parts for vector in part]

    def _means(self, tokens: list[list[int]]) -> NDArray[np.float32]:
        """The normalised mean of each text's tokens; in one go, since most texts are single words."""
        lengths = np.array([len(ids) for ids in tokens], dtype=np.int64)
        means = np.zeros((len(tokens), self.dimensions), dtype=np.float32)
        filled = np.flatnonzero(lengths)
        if len(filled):
            starts = (np.cumsum(lengths) - lengths)[filled]
            rows = self._table[np.fromiter(chain.from_iterable(tokens), dtype=np.int64)]
            totals = np.add.reduceat(rows, starts, axis=0)
            norms = np.sqrt((totals * totals).sum(axis=1, keepdims=True))
            means[filled] = np.divide(totals, norms, out=totals, where=norms > 0)
        return means


_LOADING = threading.Lock()


def static_embedder() -> StaticEmbedder:
    """The process's one embedder; read from the disk at the first call, in about 0.1 s."""
    with _LOADING:
        return _only_embedder()


@cache
def _only_embedder() -> StaticEmbedder:
    return StaticEmbedder()


def _tokenizer_and_table() -> tuple[Any, NDArray[np.float32]]:
    folder = _wheel_folder()
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / _TOKENIZER))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer, load_file(folder / _WEIGHTS)["embedding.weight"].astype(np.float32)


def _wheel_folder() -> Path:
    spec = find_spec("wordllama")
    if spec is None or spec.origin is None:
        raise ConfigError(
            "static vectors need the package wordllama, which is not installed: "
            "pip install 'token-optimizer[semantic]'"
        )
    return Path(spec.origin).parent
