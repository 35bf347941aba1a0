"""A BERT encoder in numpy: the vectors of a text's tokens in context (Devlin et al., NAACL 2019).

torch, transformers and sentence-transformers take 1 GB of disk, 350 MB of memory and 16 s of computing to
import, for a network of six layers. Its products of matrices take the same time in numpy, which is here
anyway. A test holds the vectors equal to those of sentence-transformers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

# So many rows of the widest layer stay in the processor's cache.
_GELU_ROWS = 32
# The error function to 1.5e-7 (Abramowitz and Stegun, 7.1.26); the polynomial's highest power first.
_ERF_FACTOR = 0.3275911
_ERF_COEFFICIENTS = (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592)


@dataclass(frozen=True, slots=True)
class _Linear:
    """x @ weight + bias."""

    weight: Array
    bias: Array

    @classmethod
    def read(cls, tensors: Mapping[str, Array], *names: str, scale: float = 1.0) -> Self:
        """The layers of these names side by side, the first one's output times `scale`."""
        factors = [np.float32(scale)] + [np.float32(1)] * (len(names) - 1)
        weights = [tensors[f"{name}.weight"] * by for name, by in zip(names, factors, strict=True)]
        biases = [tensors[f"{name}.bias"] * by for name, by in zip(names, factors, strict=True)]
        return cls(np.ascontiguousarray(np.concatenate(weights).T), np.concatenate(biases))

    def __call__(self, rows: Array) -> Array:
        product: Array = rows @ self.weight
        product += self.bias
        return product


@dataclass(frozen=True, slots=True)
class _Norm:
    """Layer normalisation."""

    weight: Array
    bias: Array
    epsilon: float

    @classmethod
    def read(cls, tensors: Mapping[str, Array], name: str, epsilon: float) -> Self:
        return cls(tensors[f"{name}.weight"], tensors[f"{name}.bias"], epsilon)

    def __call__(self, rows: Array) -> Array:
        centred = rows - rows.mean(axis=1, keepdims=True)
        centred /= np.sqrt((centred * centred).mean(axis=1, keepdims=True) + np.float32(self.epsilon))
        return centred * self.weight + self.bias


@dataclass(frozen=True, slots=True)
class _Layer:
    """Self-attention and a feed-forward network, each added to its input and normalised."""

    heads: int
    query_key_value: _Linear
    attended: _Linear
    attention_norm: _Norm
    wide: _Linear
    narrow: _Linear
    output_norm: _Norm

    @classmethod
    def read(cls, tensors: Mapping[str, Array], config: Mapping[str, Any], number: int) -> Self:
        at = f"encoder.layer.{number}"
        heads, epsilon = config["num_attention_heads"], config["layer_norm_eps"]
        three = [f"{at}.attention.self.{part}" for part in ("query", "key", "value")]
        return cls(
            heads,
            _Linear.read(tensors, *three, scale=1 / math.sqrt(config["hidden_size"] / heads)),
            _Linear.read(tensors, f"{at}.attention.output.dense"),
            _Norm.read(tensors, f"{at}.attention.output.LayerNorm", epsilon),
            _Linear.read(tensors, f"{at}.intermediate.dense"),
            _Linear.read(tensors, f"{at}.output.dense"),
            _Norm.read(tensors, f"{at}.output.LayerNorm", epsilon),
        )

    def __call__(self, rows: Array) -> Array:
        rows = self.attention_norm(rows + self.attended(self._attention(rows)))
        return self.output_norm(rows + self.narrow(gelu(self.wide(rows))))

    def _attention(self, rows: Array) -> Array:
        parts = self.query_key_value(rows).reshape(len(rows), 3, self.heads, -1).transpose(1, 2, 0, 3)
        query, key, value = np.ascontiguousarray(parts)
        weights = query @ key.transpose(0, 2, 1)
        weights -= weights.max(axis=-1, keepdims=True)
        np.exp(weights, out=weights)
        weights /= weights.sum(axis=-1, keepdims=True)
        return (weights @ value).transpose(1, 0, 2).reshape(len(rows), -1)


@dataclass(frozen=True, slots=True)
class BertEncoder:
    """The network, loaded. Safe across threads: nothing of it changes."""

    words: Array
    positions: Array
    norm: _Norm
    layers: Sequence[Callable[[Array], Array]]

    @classmethod
    def read(cls, weights: Path, config: Mapping[str, Any]) -> Self:
        """The encoder of a safetensors file; KeyError where a tensor is missing."""
        from safetensors.numpy import load_file

        tensors = {name: tensor.astype(np.float32, copy=False) for name, tensor in load_file(weights).items()}
        at = "embeddings"
        return cls(
            tensors[f"{at}.word_embeddings.weight"],
            tensors[f"{at}.position_embeddings.weight"] + tensors[f"{at}.token_type_embeddings.weight"][0],
            _Norm.read(tensors, f"{at}.LayerNorm", config["layer_norm_eps"]),
            [_Layer.read(tensors, config, number) for number in range(config["num_hidden_layers"])],
        )

    def token_vectors(self, ids: Sequence[int]) -> Array:
        """One row for each token."""
        rows = self.norm(self.words[ids] + self.positions[: len(ids)])
        for layer in self.layers:
            rows = layer(rows)
        return rows


def gelu(rows: Array) -> Array:
    """x * Phi(x), Phi the normal distribution; in place."""
    for start in range(0, len(rows), _GELU_ROWS):
        _gelu_in_place(rows[start : start + _GELU_ROWS])
    return rows


def _gelu_in_place(rows: Array) -> None:
    size = np.abs(rows)
    size *= math.sqrt(0.5)
    term = size * _ERF_FACTOR
    term += 1
    np.reciprocal(term, out=term)
    # What erf lacks to 1.
    tail = term * _ERF_COEFFICIENTS[0]
    for coefficient in _ERF_COEFFICIENTS[1:]:
        tail += coefficient
        tail *= term
    tail *= np.exp(-size * size)
    erf = np.copysign(1 - tail, rows)
    erf += 1
    rows *= erf
    rows *= 0.5
