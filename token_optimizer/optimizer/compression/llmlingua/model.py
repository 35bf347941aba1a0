"""The real LLMLingua-2, with what it stumbles over kept away from it.

By itself llmlingua downloads tiktoken's ranks, tells the architecture by the name of the model's folder, runs
code that a model brings along, seeds all random state, raises on texts like `<|endoftext|>`, leaves out those
like `[SEP]`, and imports nltk, which takes as long as torch, for what only its first version does. Here the
ranks come from a package, the architecture from the model's config, no code is run, random state is put back,
special tokens are hidden behind letters, and nltk stays away. Only its choice of words is used: `word_choice`
writes the text.
"""

from __future__ import annotations

import os
import random
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from token_optimizer.optimizer.compression.llmlingua.folder import architecture
from token_optimizer.optimizer.compression.llmlingua.word_choice import Label
from token_optimizer.text.counting import encodable
from token_optimizer.tokens.offline_ranks import offline_encoding

# The guide's: what ends sentences and lines, and what opens code.
_FORCED = ["\n", ".", "!", "?", "```"]
# Each row is padded to 512 tokens.
_ROWS_AT_ONCE = 16
# One of the tokens that llmlingua adds for its own use, and the last of them, so none of the forced ones.
_END_OF_TEXT = "[NEW99]"
_BETWEEN_WORDS = "\t\t|\t\t"
_ADDED = re.compile(r"\[NEW\d{1,2}\]")


class LLMLinguaModel:
    """A loaded model. Takes some seconds and, for the multilingual BERT, 1 GB of memory."""

    def __init__(self, folder: Path, device: str = "cpu") -> None:
        with _without_nltk():
            from llmlingua import PromptCompressor

        with random_state_kept(), offline_encoding("cl100k_base"):
            self._compressor = PromptCompressor(
                model_name=str(folder),
                device_map=device,
                use_llmlingua2=True,
                model_config={"trust_remote_code": False, "local_files_only": True},
                llmlingua2_config={"max_batch_size": _ROWS_AT_ONCE},
            )
        # It looks for the architecture here, and only after loading.
        self._compressor.model_name = architecture(folder)
        self._compressor.model.eval()
        self._special = _special_tokens(self._compressor)

    def labels(self, texts: Sequence[str], rate: float) -> list[list[Label]]:
        """For each text its words, as the model reads them, and whether each is among the share to keep."""
        hidden = [self._hidden(text) for text in texts]
        with random_state_kept():
            try:
                found = self._labels(hidden, rate)
                if len(found) == len(texts):
                    return found
            except (IndexError, ValueError):
                # One text without a word that it knows spoils the whole batch.
                pass
            return [self._labels_of_one(text, rate) for text in hidden]

    def _labels_of_one(self, text: str, rate: float) -> list[Label]:
        try:
            return [label for labels in self._labels([text], rate) for label in labels]
        except (IndexError, ValueError):
            return []

    def _labels(self, texts: Sequence[str], rate: float) -> list[list[Label]]:
        answer = self._compressor.compress_prompt_llmlingua2(
            [f"{text} {_END_OF_TEXT}" for text in texts],
            rate=rate,
            force_tokens=_FORCED,
            return_word_label=True,
        )
        return list(_by_text(answer["fn_labeled_original_prompt"]))

    def _hidden(self, text: str) -> str:
        """The text with as many letters in the place of each special token."""
        return self._special.sub(lambda match: "x" * len(match.group()), encodable(text))


def _special_tokens(compressor: Any) -> re.Pattern[str]:
    tokens = {*compressor.tokenizer.all_special_tokens, *compressor.oai_tokenizer.special_tokens_set}
    known = "|".join(sorted(map(re.escape, tokens - {""}), key=lambda token: (-len(token), token)))
    return re.compile(f"{_ADDED.pattern}|{known}" if known else _ADDED.pattern)


def _by_text(labelled: str) -> Iterator[list[Label]]:
    """The labels between one end of text and the next."""
    found: list[Label] = []
    for item in labelled.split(_BETWEEN_WORDS):
        word, _, label = item.rpartition(" ")
        rest, end, _ = word.partition(_END_OF_TEXT)
        if rest:
            found.append((rest, label == "1"))
        if end:
            yield found
            found = []


@contextmanager
def _without_nltk() -> Iterator[None]:
    """Whoever imports nltk meanwhile gets an empty module, but where it is loaded already."""
    if "nltk" in sys.modules:
        yield
        return
    sys.modules["nltk"] = ModuleType("nltk")
    try:
        yield
    finally:
        del sys.modules["nltk"]


@contextmanager
def random_state_kept() -> Iterator[None]:
    """Random state, and what else llmlingua sets for all, as it was before."""
    import torch

    python, numpy, torches = random.getstate(), np.random.get_state(), torch.get_rng_state()
    cudas = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    cudnn = torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark
    hash_seed = os.environ.get("PYTHONHASHSEED")
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
        torch.set_rng_state(torches)
        if cudas:
            torch.cuda.set_rng_state_all(cudas)
        torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = cudnn
        if hash_seed is None:
            os.environ.pop("PYTHONHASHSEED", None)
        else:
            os.environ["PYTHONHASHSEED"] = hash_seed
