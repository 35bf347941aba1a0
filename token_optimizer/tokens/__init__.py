"""Token counts, exact where the model's tokenizer is public."""

from token_optimizer.tokens.counts import (
    count_body,
    count_texts,
    count_tokens,
    encoding_name,
    is_estimate,
)

__all__ = ["count_body", "count_texts", "count_tokens", "encoding_name", "is_estimate"]
