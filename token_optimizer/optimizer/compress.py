"""The guide's compression module: re-exports, under the guide's names."""

from token_optimizer.optimizer.compression.blocks import (
    DEFAULT_THRESHOLD,
    PROSE_KINDS,
    Compression,
    compress_block,
    compress_blocks,
    may_be_compressed,
)
from token_optimizer.optimizer.compression.extractive import ExtractiveSummarizer
from token_optimizer.optimizer.compression.faithfulness.score import faithfulness_score
from token_optimizer.optimizer.compression.llmlingua.compressor import (
    DEFAULT_MODEL,
    EXTRACTIVE,
    LLMLinguaCompressor,
    compressor_name,
    shared_compressor,
)
from token_optimizer.optimizer.compression.rates import asked_rate

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
