"""Compression of prose: the guide's module, under one name.

`LLMLinguaCompressor` leaves out words that a model finds dispensable, `ExtractiveSummarizer` whole sentences.
`compress_block` takes either, and lets a block stay as it was where `faithfulness_score` finds that too much
would be lost. Only prose is compressed, never code, JSON, logs or calls.

Before: a document of 900 tokens
After:  the same block with 450 tokens, `compressed`, and its text as it was in `original_content`
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from token_optimizer.errors import CompressorError, ConfigError
from token_optimizer.models import Block, Kind
from token_optimizer.optimizer.compression.extractive import ExtractiveSummarizer
from token_optimizer.optimizer.compression.faithfulness import faithfulness_score
from token_optimizer.optimizer.compression.llmlingua_folder import find_llmlingua_model
from token_optimizer.optimizer.compression.llmlingua_process import LLMLinguaProcess
from token_optimizer.optimizer.compression.word_choice import share_free, unwanted, without, words_of
from token_optimizer.text import token_counts

__all__ = [
    "DEFAULT_MODEL",
    "DEFAULT_THRESHOLD",
    "EXTRACTIVE",
    "PROSE_KINDS",
    "Compression",
    "ExtractiveSummarizer",
    "LLMLinguaCompressor",
    "asked_rate",
    "compress_block",
    "compress_blocks",
    "compressor_name",
    "faithfulness_score",
    "may_be_compressed",
    "shared_compressor",
]

log = logging.getLogger(__name__)

DEFAULT_MODEL = "microsoft/llmlingua-2-bert-base-multilingual-cased-meetingbank"
DEFAULT_THRESHOLD = 0.85
# What `compressor_name` says where no model is here.
EXTRACTIVE = "extractive"
# Names the model of `shared_compressor`: a folder, or a name in the hub's local cache.
MODEL_VARIABLE = "OPTIMIZER_COMPRESSION_MODEL"
PROSE_KINDS = frozenset({Kind.PROSE, Kind.DOCUMENT, Kind.TRANSCRIPT})
# However much of a text is literals that stay: of its other words this share does, or it says nothing.
_MIN_RATE = 0.2
# The share of what may be lost that a cut is let lose, as the score is only known afterwards.
_CAUTION = 0.85
# A cut that could come nearer to the ratio by less is not made anew.
_MIN_STEP = 0.1
# Texts that are compressed at nearly one rate go to the model together.
_RATE_DIGITS = 1


@dataclass(frozen=True, slots=True)
class Compression:
    """What became of one block. `score` is None where nothing was left out, `applied` says whether the
    result stands, and `reason` why it does not."""

    block: Block
    score: float | None = None
    applied: bool = False
    reason: str = ""


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
        _check_ratio(compression_ratio)
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

    async def compress_blocks_async(
        self, blocks: Sequence[Block], ratio: float | None = None, query: str | None = None
    ) -> list[Compression]:
        """The same while the event loop goes on."""
        return await asyncio.to_thread(self.compress_blocks, blocks, ratio, query)

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
            return _extractive_drafts(self.fallback or _extractive(), blocks, ratio, query)
        texts = _shortened(self.compressor, [block.content for block in blocks], ratio, timeout_seconds)
        counts = token_counts([block.content for block in blocks] + texts)
        return [
            _with_text(block, text, after) if after < before else block
            for block, text, before, after in zip(
                blocks, texts, counts[: len(blocks)], counts[len(blocks) :], strict=True
            )
        ]

    def close(self) -> None:
        """End the model's process."""
        if self.compressor is not None:
            self.compressor.close()


def asked_rate(ratio: float, threshold: float, lost: float = 1.0) -> float:
    """The share of the tokens to ask to stay: the ratio, or more where a cut so deep is not expected to score
    the threshold. Each share that goes takes about the same off the score, or `lost` times as much."""
    milder = 1 - _CAUTION * (1 - threshold) / lost if lost else 0.0
    return max(ratio, milder)


def nearer_rate(first: Compression, rate: float, ratio: float, threshold: float) -> float | None:
    """The rate nearer to the ratio at which a text is expected to stay above the threshold, by what its
    `first` cut at `rate` scored; None where that would not be worth another cut."""
    if not first.applied or first.score is None or rate >= 1:
        return None
    nearer = asked_rate(ratio, threshold, (1 - first.score) / (1 - rate))
    return nearer if rate - nearer >= _MIN_STEP else None


def compressor_name() -> str:
    """Which compressor a request's prose is for on this machine: the name of LLMLingua-2's model, or
    `extractive` where that is not here. What one made is no work of the other."""
    return _model_name() if shared_compressor().available else EXTRACTIVE


@cache
def shared_compressor() -> LLMLinguaCompressor:
    """The process's one compressor; its model is not loaded before it is used."""
    return LLMLinguaCompressor(model_name=_model_name())


def _model_name() -> str:
    return os.environ.get(MODEL_VARIABLE) or DEFAULT_MODEL


def compress_block(
    block: Block,
    ratio: float = 0.5,
    *,
    compressor: LLMLinguaCompressor | ExtractiveSummarizer | None = None,
    query: str | None = None,
    threshold: float = DEFAULT_THRESHOLD,
) -> Block:
    """The block with about that share of its tokens; as it was, with a note that says the score, below the
    threshold. Without a compressor the extractive one is used."""
    return compress_blocks([block], ratio, compressor=compressor, query=query, threshold=threshold)[0].block


def compress_blocks(
    blocks: Sequence[Block],
    ratio: float = 0.5,
    *,
    compressor: LLMLinguaCompressor | ExtractiveSummarizer | None = None,
    query: str | None = None,
    threshold: float = DEFAULT_THRESHOLD,
    timeout_seconds: float | None = None,
) -> list[Compression]:
    """What becomes of each block. All stay as they were where the compressor breaks, for that reason.

    `timeout_seconds` is that of the model's answer, where it is not to be the compressor's own.
    """
    _check_ratio(ratio)
    open_to_it = [block for block in blocks if may_be_compressed(block)]
    compressor = compressor or _extractive()
    try:
        if isinstance(compressor, LLMLinguaCompressor):
            drafts = compressor.drafts(open_to_it, ratio, query, timeout_seconds)
        else:
            drafts = _extractive_drafts(compressor, open_to_it, ratio, query)
    except CompressorError as error:
        log.warning("blocks stay uncompressed: %s", error)
        return [Compression(block, reason=str(error)) for block in blocks]
    draft_of = {id(block): draft for block, draft in zip(open_to_it, drafts, strict=True)}
    return [_judged(block, draft_of.get(id(block), block), threshold) for block in blocks]


def _judged(block: Block, draft: Block, threshold: float) -> Compression:
    if draft is block:
        return Compression(block)
    score = faithfulness_score(block.content, draft.content)
    if score < threshold:
        reason = f"compression would score {score:.2f}, below {threshold:g}: kept as it was"
        return Compression(replace(block, note=reason), score, reason=reason)
    note = f"compressed, faithfulness {score:.2f}"
    return Compression(replace(draft, note=note), score, applied=True)


def may_be_compressed(block: Block) -> bool:
    """Whether the block is prose, and nothing forbids to shorten it."""
    fixed = block.must_keep or block.verbatim or block.frozen or block.compressed
    return block.kind in PROSE_KINDS and not fixed


def _extractive_drafts(
    summarizer: ExtractiveSummarizer, blocks: Sequence[Block], ratio: float, query: str | None
) -> list[Block]:
    return [summarizer.compress(block, ratio, query) for block in blocks]


@cache
def _extractive() -> ExtractiveSummarizer:
    return ExtractiveSummarizer()


def _shortened(
    model: LLMLinguaProcess, texts: Sequence[str], ratio: float, timeout_seconds: float | None
) -> list[str]:
    """The texts without the words that the model drops, a marker at the end of each that lost some."""
    words = [words_of(text) for text in texts]
    rates = [_rate(share_free(found), ratio) for found in words]
    out = list(texts)
    for rate in sorted(set(rates) - {1.0}):
        places = [place for place, wanted in enumerate(rates) if wanted == rate]
        found = model.labels([texts[at] for at in places], rate, timeout_seconds=timeout_seconds)
        for place, labels in zip(places, found, strict=True):
            gone = unwanted(texts[place], words[place], labels)
            if gone:
                out[place] = _marked(without(texts[place], words[place], gone), len(gone))
    return out


def _rate(free: float, ratio: float) -> float:
    """The share of the words to ask for, where all but the free ones stay anyway; 1.0 for none to go."""
    if not free:
        return 1.0
    return min(1.0, round(max(_MIN_RATE, (ratio - (1 - free)) / free), _RATE_DIGITS))


def _marked(text: str, words: int) -> str:
    body = text.rstrip("\r\n")
    return f"{body} [… {words:,} word{'s' if words != 1 else ''} left out]{text[len(body) :]}"


def _with_text(block: Block, text: str, tokens: int) -> Block:
    original = block.content if block.original_content is None else block.original_content
    return replace(block, content=text, tokens=tokens, compressed=True, original_content=original)


def _check_ratio(ratio: float) -> None:
    if not 0 <= ratio <= 1:
        raise ConfigError(f"ratio must be between 0 and 1, not {ratio!r}")
