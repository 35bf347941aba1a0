"""A template with its examples as values: what would be sent, and what of it is stable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from optimizer_app.prompts.check import checked
from optimizer_app.prompts.costs import MIN_CACHED_TOKENS, TemplateTokens, template_tokens
from optimizer_app.prompts.errors import ContentRefused, PromptsError
from optimizer_app.prompts.rendering import Piece, filled
from optimizer_app.prompts.template import Template

MAX_SHOWN_CHARS = 20_000


@dataclass(frozen=True, slots=True)
class ShownPiece:
    piece: Piece
    stable: bool

    @property
    def text(self) -> str:
        return self.piece.text[:MAX_SHOWN_CHARS]


@dataclass(frozen=True, slots=True)
class ShownMessage:
    role: str
    pieces: list[ShownPiece]


@dataclass(frozen=True, slots=True)
class Preview:
    """`tokens` None: the template cannot be used yet; `problems` says why, by part."""

    tokens: TemplateTokens | None
    messages: list[ShownMessage]
    problems: Mapping[str, str]
    template: Template | None = None

    @property
    def cache_says(self) -> str:
        """What the provider's cache will do with the stable part."""
        if self.tokens is None or self.template is None:
            return ""
        if self.tokens.stable < MIN_CACHED_TOKENS:
            return f"Too short for a provider's cache, which begins at {MIN_CACHED_TOKENS:,} tokens."
        if self.template.dialect == "anthropic" and not self.template.marks_stable_part:
            return "Anthropic caches it only where it is marked: Mark the stable part."
        return "Long enough for the provider's cache."


def preview_of(content: Mapping[str, Any]) -> Preview:
    try:
        template = checked(content)
        messages = filled(template, template.examples())
        tokens = template_tokens(template, template.examples(), template.model)
    except ContentRefused as refused:
        return Preview(None, [], refused.problems)
    except PromptsError as refused:
        return Preview(None, [], {"messages": str(refused)})
    shown, is_stable = [], True
    for message in messages:
        pieces = []
        for piece in message.pieces:
            is_stable = is_stable and not piece.variable
            pieces.append(ShownPiece(piece, is_stable))
        shown.append(ShownMessage(message.role, pieces))
    return Preview(tokens, shown, {}, template)
