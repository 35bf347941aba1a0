"""Providers that speak OpenAI's chat completions."""
