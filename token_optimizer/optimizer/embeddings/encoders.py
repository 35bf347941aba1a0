"""The networks that make vectors of texts: BERT's in numpy, and any other by sentence-transformers.

Before: a folder with the files of all-MiniLM-L6-v2
After:  an encoder, whose `encode(["a text"])` is one row of 384 numbers and length 1
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, Self

import numpy as np
import orjson
from numpy.typing import NDArray

from token_optimizer.errors import ConfigError
from token_optimizer.optimizer.embeddings.bert import BertEncoder
from token_optimizer.optimizer.embeddings.models import TOKENIZER_FILE, WEIGHTS_FILE

Array = NDArray[np.float32]

_MODULES = {"Transformer", "Pooling", "Normalize"}
_BATCH = 16
_LOADING = threading.Lock()


class Encoder(Protocol):
    """Texts to rows of length 1."""

    @property
    def dimensions(self) -> int: ...

    @property
    def max_tokens(self) -> int: ...

    def encode(self, texts: list[str]) -> Array: ...


def load_encoder(folder: Path) -> Encoder:
    """The encoder of the model in a folder; ConfigError where it needs a package that is not here."""
    layout = SentenceLayout.read(folder)
    return BertSentenceEncoder.read(folder, layout) if layout else SentenceTransformerEncoder.read(folder)


@dataclass(frozen=True, slots=True)
class SentenceLayout:
    """What the files of a BERT model for sentences say of it."""

    config: dict[str, Any]
    max_tokens: int
    lower_case: bool
    pooling: Literal["mean", "first"]

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """None for a model that is not a plain BERT with the mean or the first of its token vectors."""
        config = _json(folder / "config.json")
        pooling = _pooling(folder)
        if pooling is None or not (_is_plain_bert(config) and _has_plain_modules(folder)):
            return None
        if not ((folder / WEIGHTS_FILE).exists() and (folder / TOKENIZER_FILE).exists()):
            return None
        reading = _json(folder / "sentence_bert_config.json")
        max_tokens = reading.get("max_seq_length") or config["max_position_embeddings"]
        return cls(config, max_tokens, bool(reading.get("do_lower_case")), pooling)


class BertSentenceEncoder:
    """A BERT model for sentences, in numpy."""

    def __init__(self, layout: SentenceLayout, network: BertEncoder, tokenizer: Any) -> None:
        self._layout = layout
        self._network = network
        self._tokenizer = tokenizer
        self.dimensions: int = layout.config["hidden_size"]
        self.max_tokens = layout.max_tokens

    @classmethod
    def read(cls, folder: Path, layout: SentenceLayout) -> Self:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
        tokenizer.no_padding()
        tokenizer.enable_truncation(layout.max_tokens)
        return cls(layout, BertEncoder.read(folder / WEIGHTS_FILE, layout.config), tokenizer)

    def encode(self, texts: list[str]) -> Array:
        read = [text.lower() for text in texts] if self._layout.lower_case else texts
        # One text after the other: nothing has to be padded, and no vector depends on its neighbours.
        return np.array([self._vector(found.ids) for found in self._tokenizer.encode_batch_fast(read)])

    def _vector(self, ids: list[int]) -> Array:
        rows = self._network.token_vectors(ids)
        vector = rows[0] if self._layout.pooling == "first" else rows.mean(axis=0)
        unit: Array = vector / np.linalg.norm(vector)
        return unit


class SentenceTransformerEncoder:
    """Any other model, by the package sentence-transformers."""

    def __init__(self, transformer: Any) -> None:
        self._transformer = transformer
        self.dimensions: int = transformer.get_embedding_dimension()
        self.max_tokens: int = transformer.max_seq_length or 512

    @classmethod
    def read(cls, folder: Path) -> Self:
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            raise ConfigError(
                f"the model in {str(folder)!r} needs the package sentence-transformers: "
                "pip install 'token-optimizer[models]'"
            ) from error
        with _LOADING, _no_progress_bar():
            return cls(SentenceTransformer(str(folder), device="cpu", local_files_only=True))

    def encode(self, texts: list[str]) -> Array:
        vectors: Array = self._transformer.encode(
            texts, batch_size=_BATCH, normalize_embeddings=True, show_progress_bar=False
        )
        return vectors


def _pooling(folder: Path) -> Literal["mean", "first"] | None:
    """How the token vectors become one; None for any other way."""
    settings = _json(folder / "1_Pooling" / "config.json")
    chosen = [mode for mode, value in settings.items() if value is True and mode.startswith("pooling_mode_")]
    match chosen:
        case ["pooling_mode_mean_tokens"]:
            return "mean"
        case ["pooling_mode_cls_token"]:
            return "first"
    return None


def _is_plain_bert(config: dict[str, Any]) -> bool:
    return (
        config.get("model_type") == "bert"
        and config.get("hidden_act") == "gelu"
        and config.get("position_embedding_type", "absolute") == "absolute"
    )


def _has_plain_modules(folder: Path) -> bool:
    """Whether nothing follows the pooling but normalisation, and nothing is put before a text by default."""
    names = {str(module.get("type", "")).rpartition(".")[2] for module in _json(folder / "modules.json", [])}
    prompts = _json(folder / "config_sentence_transformers.json")
    return {"Transformer", "Pooling"} <= names <= _MODULES and not prompts.get("default_prompt_name")


def _json(file: Path, otherwise: Any = None) -> Any:
    """What the file holds; `otherwise`, or an empty object, where there is none."""
    return orjson.loads(file.read_bytes()) if file.exists() else ({} if otherwise is None else otherwise)


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
