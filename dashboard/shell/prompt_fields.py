"""What forms share that take a prompt: its kinds, and the fields that hold long texts."""

from __future__ import annotations

from django import forms

KINDS = (("text", "Text"), ("openai", "OpenAI"), ("anthropic", "Anthropic"), ("responses", "Responses"))


def text_area(rows: int) -> forms.Textarea:
    return forms.Textarea({"rows": rows, "spellcheck": "false", "autocomplete": "off"})
