"""Providers that speak Anthropic's messages."""
