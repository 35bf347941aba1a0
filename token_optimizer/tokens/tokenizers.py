"""Tokenizers of models that are not OpenAI's: from a local path, or from the Hugging Face hub by name.

Which tokenizer counts for a model is said by whoever runs the process, never by a request: its model name
opens no file and asks no server. A tokenizer from a path is read at once. One from the hub is taken from the
hub's local cache, else fetched in the background; until it is there, and where it cannot be had, counts stay
estimates.

    use_tokenizer("llama-3", "/models/llama-3")        # a folder, or its tokenizer.json
    use_tokenizer("qwen", "Qwen/Qwen2.5-7B-Instruct")  # a repository of the hub

Before: count_tokens("naïve", "llama-3-8b") by OpenAI's newest encoding, marked as an estimate
After:  the same count as the model's own tokenizer
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from token_optimizer.errors import ConfigError

log = logging.getLogger(__name__)

VARIABLE = "OPTIMIZER_TOKENIZERS"
_FILE = "tokenizer.json"


class ModelTokenizer:
    """One tokenizer, which may still be on its way. `name` sets its counts apart from all others'."""

    def __init__(self, source: str | Path) -> None:
        self.source = str(source)
        self.name = f"hf {self.source}"
        self.loaded: Any = None

    def read(self, file: str | Path) -> None:
        """Read a tokenizer.json; ConfigError where it is none."""
        try:
            from tokenizers import Tokenizer
        except ImportError as error:
            raise ConfigError("Hugging Face tokenizers need the package tokenizers") from error
        try:
            tokenizer = Tokenizer.from_file(str(file))
        except Exception as error:  # the package raises no type of its own
            raise ConfigError(f"{str(file)!r} holds no tokenizer") from error
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self.loaded = tokenizer

    def fetch(self) -> None:
        """Read the tokenizer from the hub's cache on this machine, else download it."""
        try:
            self.read(_hub_file(self.source))
        except Exception as error:
            name = type(error).__name__
            log.warning("tokenizer %s could not be had (%s): counts are estimates", self.source, name)

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, without those that open and close a sequence."""
        return [len(found.ids) for found in self.loaded.encode_batch_fast(texts, add_special_tokens=False)]


_BY_PREFIX: dict[str, ModelTokenizer] = {}


def use_tokenizer(model_prefix: str, source: str | Path) -> None:
    """Let the tokenizer count for all models whose name starts so; the longest prefix counts.

    `source` is a folder with a tokenizer.json, such a file, or the name of a repository on the hub.
    Raises ConfigError for a path that holds no tokenizer, and for an empty prefix.
    """
    if not model_prefix:
        raise ConfigError("a tokenizer needs the beginning of the model names that it counts for")
    tokenizer = ModelTokenizer(source)
    path = Path(source).expanduser()
    if path.exists():
        tokenizer.read(path / _FILE if path.is_dir() else path)
    elif _is_path(str(source)):
        raise ConfigError(f"there is no tokenizer at {str(source)!r}")
    else:
        threading.Thread(target=tokenizer.fetch, name="tokenizer-from-hub", daemon=True).start()
    _BY_PREFIX[model_prefix] = tokenizer


def use_tokenizers_of_environment() -> None:
    """Use what OPTIMIZER_TOKENIZERS names: `llama-3=/models/llama-3,qwen=Qwen/Qwen2.5-7B-Instruct`."""
    for entry in filter(None, (entry.strip() for entry in os.environ.get(VARIABLE, "").split(","))):
        prefix, _, source = entry.partition("=")
        if not (prefix.strip() and source.strip()):
            raise ConfigError(f"{VARIABLE} must be a list of model=source, not {entry!r}")
        use_tokenizer(prefix.strip(), source.strip())


def tokenizer_of(model: str) -> ModelTokenizer | None:
    """The tokenizer in use for the model; None where there is none, or none that is loaded."""
    if not _BY_PREFIX:
        return None
    fitting = [prefix for prefix in _BY_PREFIX if model.startswith(prefix)]
    found = _BY_PREFIX[max(fitting, key=len)] if fitting else None
    return found if found is not None and found.loaded is not None else None


def _is_path(source: str) -> bool:
    """Whether the source can only be a path: a repository's name has one slash at most, and no dot before."""
    return source.startswith((".", "~", "/")) or source.count("/") > 1 or source.endswith(".json")


def _hub_file(name: str) -> str:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        return hf_hub_download(name, _FILE, local_files_only=True)
    except LocalEntryNotFoundError:
        return hf_hub_download(name, _FILE)
