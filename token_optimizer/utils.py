"""The guide's name for the token counts."""

from token_optimizer.tokens.counts import count_tokens

__all__ = ["count_tokens"]
