"""Which LLMLingua-2 model a name stands for on this machine. Nothing is downloaded.

a folder                         the model in it
a name in the hub's local cache  that model
"""

from __future__ import annotations

import json
import os
from importlib.util import find_spec
from pathlib import Path

from token_optimizer.errors import ConfigError

# By which name of a folder llmlingua knows each architecture.
_FOLDER_NAMES = {"bert": "bert-base-multilingual-cased", "xlm-roberta": "xlm-roberta-large"}


def find_llmlingua_model(name: str) -> Path:
    """The model's folder; ConfigError where it is not on this machine, or llmlingua is not installed."""
    if find_spec("llmlingua") is None:
        raise ConfigError(
            "LLMLingua-2 needs the package llmlingua: pip install 'token-optimizer[compression]'"
        )
    folder = Path(name).expanduser()
    if not folder.is_dir():
        folder = _cached(name)
    architecture(folder)
    return folder


def architecture(folder: Path) -> str:
    """What llmlingua calls the model's architecture, whatever the name of its folder."""
    try:
        model_type = json.loads((folder / "config.json").read_text()).get("model_type")
    except (OSError, ValueError, AttributeError) as error:
        raise ConfigError(f"there is no LLMLingua-2 model at {str(folder)!r}") from error
    if model_type not in _FOLDER_NAMES:
        raise ConfigError(f"{str(folder)!r} is a {model_type!r} model; LLMLingua-2 is bert or xlm-roberta")
    return _FOLDER_NAMES[model_type]


def _cached(name: str) -> Path:
    if not (_hub_cache() / f"models--{name.replace('/', '--')}").is_dir():
        # To ask the hub's package takes half a second, as it has to be imported for that.
        raise ConfigError(f"the model {name!r} is not on this machine")
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError) as error:
        raise ConfigError(f"the model {name!r} is not on this machine") from error


def _hub_cache() -> Path:
    """Where the hub's package keeps its models."""
    own = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE")
    if own:
        return Path(own).expanduser()
    home = os.environ.get("HF_HOME")
    if home:
        return Path(home).expanduser() / "hub"
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "huggingface" / "hub"
