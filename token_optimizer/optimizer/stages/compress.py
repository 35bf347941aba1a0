"""Compresses prose while the prompt is over its hard budget or misses its soft target.

Each block is cut to the config's `compression_ratio`, or as near to it as stays above
`faithfulness_threshold`; one that does not stays as it was, and the trace says what it scored. What was
precompressed is taken as it is. Of several texts those that have most to do with the question stay as they
are, and so does what a model says between its calls of tools, but over the hard budget. LLMLingua-2
compresses where its model is here and the time is enough, else whole sentences are left out, and what there
is no time for stays.

Before: a document of 900 tokens, in a prompt that misses its target
After:  the document with 770 tokens, "compressed: faithfulness 0.86"
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from token_optimizer.errors import ConfigError, NotShort, StageSkipped
from token_optimizer.models import COMPRESS_STAGE, Block, BlockType, Kind, Prompt, WhyNot
from token_optimizer.optimizer.compression.blocks import (
    Compression,
    compress_blocks,
    may_be_compressed,
)
from token_optimizer.optimizer.compression.extractive import ExtractiveSummarizer
from token_optimizer.optimizer.compression.llmlingua.compressor import (
    LLMLinguaCompressor,
    compressor_name,
    shared_compressor,
)
from token_optimizer.optimizer.compression.precompression_candidates import MIN_TOKENS, may_be_precompressed
from token_optimizer.optimizer.compression.rates import asked_rate, nearer_rate
from token_optimizer.optimizer.compression.summarizers import loaded_summarizer
from token_optimizer.optimizer.contract.context import Context
from token_optimizer.optimizer.contract.stage import Stage
from token_optimizer.optimizer.embedded.lines import reads_as_prose
from token_optimizer.optimizer.marked_text import MarkedText
from token_optimizer.optimizer.markers import marked_compression, was_cut, with_text
from token_optimizer.optimizer.relevance.bm25 import bm25
from token_optimizer.optimizer.relevance.salience import calls_tools
from token_optimizer.optimizer.relevance.words import stems
from token_optimizer.optimizer.selection.soft.specific import wants_all
from token_optimizer.ports import CompressionKey, PrecompressedText
from token_optimizer.runtime.latency import EXTRACTIVE, LLMLINGUA, MEANING, SPEEDS, SUMY, Work
from token_optimizer.text.tables import is_table

# However much time a request has, the learned compressor answers within so many.
_MAX_SECONDS = 300.0
# Of at least so many texts those stay whole whose relevance is at least this share of the greatest.
_MIN_TEXTS = 3
_ASKED_SHARE = 0.6
_SAMPLE = "The mill closed in 1904. It had been built of stone. Now it is a museum, which opens in May."


def compress_prose(prompt: Prompt, context: Context) -> Prompt:
    """Compress old prose, documents and transcripts, block by block."""
    # Whether the question wants all of it takes longer to see.
    if not any(map(_may_be_worth_it, prompt.open_blocks)) or not is_wanted(prompt, context):
        return prompt
    blocks = [block for block in prompt.open_blocks if _is_open(block, prompt, context)]
    if context.tokens_over(prompt) <= 0:
        blocks = _unless_handed_in(_unless_said_at_work(blocks, prompt), prompt)
        blocks = _unless_asked_about(blocks, prompt.query)
    if not blocks:
        return prompt
    if context.only_short:
        raise NotShort("prose is to be compressed")
    try:
        found = _precompressed(blocks, context)
        rest = [block for block in blocks if block.id not in found]
        made = {**found, **_made_now(rest, prompt.query, context, is_all=not found)}
    except ConfigError as error:
        raise StageSkipped(str(error)) from error
    scores = {block_id: one.score for block_id, one in made.items() if one.score is not None}
    compressed = (made[block.id].block if block.id in made else block for block in prompt.blocks)
    after = (with_text(block, MarkedText.of(block), context.show_handles) for block in compressed)
    return prompt.but(blocks=tuple(after), faithfulness=scores)


def is_wanted(prompt: Prompt, context: Context) -> bool:
    """Whether prose is to be compressed at all; what a choice towards the soft target left is needed, and so
    is all of what is to be translated."""
    is_whole = wants_all(prompt.query or "")
    misses = context.misses_target(prompt) and not prompt.worths and not is_whole
    return context.config.enable_compression and (context.tokens_over(prompt) > 0 or misses)


def _may_be_worth_it(block: Block) -> bool:
    return may_be_compressed(block) and block.slot is not None and block.tokens >= MIN_TOKENS


def _is_open(block: Block, prompt: Prompt, context: Context) -> bool:
    """Whether the block is worth compressing; what was cut before is not, or a second run would cut more."""
    if not _may_be_worth_it(block):
        return False
    if is_table(block.content) or (block.kind is Kind.DOCUMENT and not reads_as_prose(block.content)):
        return False  # rows are no sentences
    # A tool result is what the model knows of the world.
    spared = block.tool_result and block.tokens <= context.config.tool_result_tokens
    return not was_cut(block) and not (spared and context.tokens_over(prompt) <= 0)


def _unless_said_at_work(blocks: Sequence[Block], prompt: Prompt) -> list[Block]:
    """The blocks without what a model says between its calls of tools: it is short and full of names, so that
    hardly a sentence of it goes above the threshold, and to find out takes as long as elsewhere."""
    if not calls_tools(prompt):
        return list(blocks)
    return [block for block in blocks if block.type is not BlockType.ASSISTANT]


def _unless_handed_in(blocks: Sequence[Block], prompt: Prompt) -> list[Block]:
    """The blocks without what the newest message hands in, where nothing is asked of it yet."""
    if (prompt.query or "").strip():
        return list(blocks)
    newest = max((block.message for block in prompt.blocks), default=0)
    return [block for block in blocks if block.tool_result or block.message != newest]


def _unless_asked_about(blocks: Sequence[Block], query: str | None) -> list[Block]:
    """The blocks without the texts that have most to do with the question: they are likely needed as they
    are. Of few texts none stands out."""
    texts = [block.text for block in blocks]
    if len(texts) < _MIN_TEXTS:
        return list(blocks)
    scores = bm25(query or "", stems(texts))
    return [block for block, score in zip(blocks, scores, strict=True) if score < _ASKED_SHARE]


def _precompressed(blocks: Sequence[Block], context: Context) -> dict[str, Compression]:
    """What was compressed before it was needed, and stays above the threshold, by block id."""
    if context.precompressions is None:
        return {}
    name, config = compressor_name(), context.config
    fit = [block for block in blocks if may_be_precompressed(block, name, config)]
    keys = {block.id: CompressionKey.of(block.content, name, config.compression_ratio) for block in fit}
    found = context.precompressions.find(list(dict.fromkeys(keys.values())))
    ready = {key: made for key, made in found.items() if made.score >= config.faithfulness_threshold}
    return {
        block.id: _from_precompression(block, ready[keys[block.id]])
        for block in fit
        if keys[block.id] in ready
    }


def _from_precompression(block: Block, made: PrecompressedText) -> Compression:
    original = block.content if block.original_content is None else block.original_content
    note = f"by precompression, faithfulness {made.score:.2f}"
    text = marked_compression(made.text, block.content)
    compressed = block.but(compressed=True, original_content=original, note=note)
    return Compression(with_text(compressed, text), made.score, applied=True)


def _made_now(
    blocks: Sequence[Block], query: str | None, context: Context, *, is_all: bool
) -> dict[str, Compression]:
    """What becomes of each block, by its id; StageSkipped where there is no time for any of them and they are
    `is_all` that the stage works on."""
    tokens = sum(block.tokens for block in blocks)
    learned = shared_compressor()
    if blocks and _may_run(learned, tokens, context):
        return _by_words(learned, blocks, tokens, context)
    if not blocks:
        return {}
    try:
        summarizer = _summarizer(context)
    except StageSkipped as skipped:
        if is_all:
            raise
        return {block.id: _not_compressed(block, str(skipped)) for block in blocks}
    made = {}
    late = []
    for block in sorted(blocks, key=lambda block: -block.tokens):
        if context.latency.fits(_work(context), block.tokens):
            made[block.id] = _by_sentences(block, query, summarizer, context)
        else:
            late.append(block)
    if late and is_all and not made:
        raise StageSkipped(_why_not(late, context), WhyNot.OVER_TIME)
    return made | {block.id: _not_compressed(block, _why_not([block], context)) for block in late}


def _not_compressed(block: Block, why: str) -> Compression:
    return Compression(block.but(note=f"not compressed: {why}"))


def _summarizer(context: Context) -> ExtractiveSummarizer:
    """The config's summarizer; StageSkipped where it still loads when the time is over."""
    max_wait_seconds = 0.0 if _is_event_loop() else context.latency.left_ms() / 1000
    return loaded_summarizer(context.config.summarizer, max_wait_seconds)


def _work(context: Context) -> Work:
    return EXTRACTIVE if context.config.summarizer == "textrank" else SUMY


def _why_not(blocks: Sequence[Block], context: Context) -> str:
    """What the trace says where there is no time; the score falls about as the share that is kept."""
    config = context.config
    tokens = sum(block.tokens for block in blocks)
    share = 1 - max(config.compression_ratio, config.faithfulness_threshold)
    return context.latency.why_not(_work(context), tokens, round(share * tokens))


def _may_run(learned: LLMLinguaCompressor, tokens: int, context: Context) -> bool:
    """Whether the learned compressor is here, has the time, and would stop no event loop."""
    if learned.compressor is None or _is_event_loop():
        return False
    if not learned.compressor.is_loaded:
        context.latency.speeds.unloaded(LLMLINGUA)
    return context.latency.fits(LLMLINGUA, tokens)


def _is_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _by_words(
    learned: LLMLinguaCompressor, blocks: Sequence[Block], tokens: int, context: Context
) -> dict[str, Compression]:
    config, latency = context.config, context.latency
    with latency.measuring(LLMLINGUA, tokens):
        made = compress_blocks(
            blocks,
            asked_rate(config.compression_ratio, config.faithfulness_threshold),
            compressor=learned,
            threshold=config.faithfulness_threshold,
            timeout_seconds=min(latency.left_ms() / 1000, _MAX_SECONDS),
        )
    return {block.id: _with_note(one) for block, one in zip(blocks, made, strict=True)}


def _by_sentences(
    block: Block, query: str | None, summarizer: ExtractiveSummarizer, context: Context
) -> Compression:
    """The block at the ratio, or as near to it as is expected to stay above the threshold."""
    ratio, threshold = context.config.compression_ratio, context.config.faithfulness_threshold
    compress = partial(compress_blocks, [block], compressor=summarizer, query=query, threshold=threshold)
    with context.latency.measuring(_work(context), block.tokens):
        rate = asked_rate(ratio, threshold)
        first = compress(rate)[0]
        nearer = nearer_rate(first, rate, ratio, threshold)
        second = first if nearer is None else compress(nearer)[0]
    return _with_note(second if second.applied else first)


def _with_note(one: Compression) -> Compression:
    """The compression with its score, or the reason against it, as the block's note."""
    if one.applied and one.score is not None:
        return replace(one, block=one.block.but(note=f"faithfulness {one.score:.2f}"))
    return replace(one, block=one.block.but(note=one.reason)) if one.reason else one


def load() -> None:
    """Load now the vectors and packages that the first compression, or the first look into meaning, would
    wait for; nothing where they are not here."""
    try:
        shared_compressor()
        compress_blocks([Block(_SAMPLE)], 0.5)
    except ConfigError:
        return
    for work in (EXTRACTIVE, MEANING):
        SPEEDS.measured(work, 0, 0.0)


STAGE = Stage(COMPRESS_STAGE, compress_prose, "compressed", lossy=True)
