"""LLMLingua-2 as a compressor: a model says which words are dispensable, and they are left out.

Before: "The old mill, which was closed in 1904, is now a museum."
After:  "mill, closed in 1904, museum. [… 6 words left out]"
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache

from token_optimizer.errors import ConfigError
from token_optimizer.models import Block
from token_optimizer.optimizer.compression.blocks import DEFAULT_THRESHOLD, compress_blocks
from token_optimizer.optimizer.compression.extractive import ExtractiveSummarizer
from token_optimizer.optimizer.compression.faithfulness.score import faithfulness_score
from token_optimizer.optimizer.compression.llmlingua.folder import find_llmlingua_model
from token_optimizer.optimizer.compression.llmlingua.process import LLMLinguaProcess
from token_optimizer.optimizer.compression.llmlingua.word_choice import (
    share_free,
    unwanted,
    without,
    words_of,
)
from token_optimizer.optimizer.compression.rates import check_ratio
from token_optimizer.optimizer.compression.result import Compression, with_compressed_text
from token_optimizer.optimizer.marked_text import MarkedText, joined, relocated
from token_optimizer.optimizer.markers import cut_marker
from token_optimizer.text.counting import token_counts

DEFAULT_MODEL = "microsoft/llmlingua-2-bert-base-multilingual-cased-meetingbank"
# What `compressor_name` says where no model is here.
EXTRACTIVE = "extractive"
# Names the model of `shared_compressor`: a folder, or a name in the hub's local cache.
MODEL_VARIABLE = "OPTIMIZER_COMPRESSION_MODEL"
# The share of the words that are not literals which stays however much of a text is literals.
_MIN_RATE = 0.2
# Texts whose rates differ by less go to the model together.
_RATE_DIGITS = 1


class LLMLinguaCompressor:
    """LLMLingua-2, by a name in the hub's local cache or a folder, in a process of its own on `device`.

    `available` is False where the package or the model is not on this machine, `reason` says which; then
    `fallback` compresses, the extractive way. Nothing is downloaded.
    """

    def __init__(
        self,
        compression_ratio: float = 0.5,
        *,
        model_name: str = DEFAULT_MODEL,
        device: str = "cpu",
        faithfulness_threshold: float = DEFAULT_THRESHOLD,
        timeout_seconds: float = 300.0,
    ) -> None:
        check_ratio(compression_ratio)
        self.compression_ratio = compression_ratio
        self.faithfulness_threshold = faithfulness_threshold
        self.reason = ""
        self.compressor: LLMLinguaProcess | None = None
        self.fallback: ExtractiveSummarizer | None = None
        try:
            folder = find_llmlingua_model(model_name)
            self.compressor = LLMLinguaProcess(folder, device, timeout_seconds=timeout_seconds)
        except ConfigError as error:
            self.reason = str(error)
            self.fallback = ExtractiveSummarizer()

    @property
    def available(self) -> bool:
        return self.compressor is not None

    def compress_block(self, block: Block, ratio: float | None = None) -> Block:
        """The block with about that share of its tokens; as it was where too much would be lost."""
        return self.compress_blocks([block], ratio)[0].block

    def compress_blocks(
        self, blocks: Sequence[Block], ratio: float | None = None, query: str | None = None
    ) -> list[Compression]:
        """What becomes of each block; the model reads all of them together."""
        ratio = self.compression_ratio if ratio is None else ratio
        return compress_blocks(
            blocks, ratio, compressor=self, query=query, threshold=self.faithfulness_threshold
        )

    def faithfulness_score(self, original: str, compressed: str) -> float:
        return faithfulness_score(original, compressed)

    def drafts(
        self,
        blocks: Sequence[Block],
        ratio: float,
        query: str | None = None,
        timeout_seconds: float | None = None,
    ) -> list[Block]:
        """The blocks compressed, whatever that loses; those that it saves nothing on as they were."""
        if self.compressor is None:
            return (self.fallback or ExtractiveSummarizer()).drafts(blocks, ratio, query)
        texts = _shortened(self.compressor, list(map(MarkedText.of, blocks)), ratio, timeout_seconds)
        counts = token_counts([block.content for block in blocks] + [text.text for text in texts])
        return [
            with_compressed_text(block, text, after) if after < before else block
            for block, text, before, after in zip(
                blocks, texts, counts[: len(blocks)], counts[len(blocks) :], strict=True
            )
        ]

    def close(self) -> None:
        """End the model's process."""
        if self.compressor is not None:
            self.compressor.close()


def compressor_name() -> str:
    """Which compressor a request's prose is for on this machine: the name of LLMLingua-2's model, or
    `extractive` where that is not here. A compression by one is not taken for one by the other."""
    return _model_name() if shared_compressor().available else EXTRACTIVE


@cache
def shared_compressor() -> LLMLinguaCompressor:
    """The process's one compressor; its model is not loaded before it is used."""
    return LLMLinguaCompressor(model_name=_model_name())


def _model_name() -> str:
    return os.environ.get(MODEL_VARIABLE) or DEFAULT_MODEL


def _shortened(
    model: LLMLinguaProcess, texts: Sequence[MarkedText], ratio: float, timeout_seconds: float | None
) -> list[MarkedText]:
    """The texts without the words that the model drops, a marker at the end of each that lost some."""
    words = [words_of(text.text, text.markers) for text in texts]
    rates = [_rate(share_free(found), ratio) for found in words]
    out = list(texts)
    for rate in sorted(set(rates) - {1.0}):
        places = [place for place, wanted in enumerate(rates) if wanted == rate]
        found = model.labels([texts[at].text for at in places], rate, timeout_seconds=timeout_seconds)
        for place, labels in zip(places, found, strict=True):
            text = texts[place]
            if gone := unwanted(text.text, words[place], labels):
                out[place] = _marked(text, without(text.text, words[place], gone), len(gone))
    return out


def _rate(free: float, ratio: float) -> float:
    """The share of the words to ask for, where all but the free ones stay anyway; 1.0 for none to go."""
    if not free:
        return 1.0
    return min(1.0, round(max(_MIN_RATE, (ratio - (1 - free)) / free), _RATE_DIGITS))


def _marked(before: MarkedText, text: str, words: int) -> MarkedText:
    """The shortened text with a marker for the words at its end; as it was where its markers were altered."""
    markers = relocated(before.markers, before.text, text)
    if markers is None:
        return before
    end = len(text.rstrip("\r\n"))
    marker = cut_marker("word", words, before.text)
    return joined([MarkedText(text, markers).part(0, end), " ", marker, text[end:]])
