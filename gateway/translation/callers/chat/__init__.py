"""OpenAI's chat completions, as callers speak them."""
