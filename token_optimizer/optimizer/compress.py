"""The guide's compression module: re-exports, under the guide's names."""

from token_optimizer.optimizer.compression.drafts import (
    DEFAULT_MODEL,
    DEFAULT_THRESHOLD,
    EXTRACTIVE,
    PROSE_KINDS,
    Compression,
    ExtractiveSummarizer,
    LLMLinguaCompressor,
    asked_rate,
    compress_block,
    compress_blocks,
    compressor_name,
    faithfulness_score,
    may_be_compressed,
    shared_compressor,
)

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
