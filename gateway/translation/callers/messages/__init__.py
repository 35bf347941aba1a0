"""Anthropic's messages, as callers speak them."""
