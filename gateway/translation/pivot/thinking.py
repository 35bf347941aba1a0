"""Blocks of thinking, as Anthropic writes them and as others have taken them over."""

from __future__ import annotations

from typing import Any

from gateway.translation.pivot.conversation import RedactedThinking, Thinking
from gateway.translation.pivot.fields import Fields
from gateway.translation.pivot.signatures import signature_of


def thinking_of(kind: str, block: Fields) -> Thinking | RedactedThinking:
    """The thinking of a block of type `thinking` or `redacted_thinking`."""
    if kind == "redacted_thinking":
        return RedactedThinking(block.required_text("data"))
    text, signature = block.text("thinking") or "", block.text("signature") or ""
    return Thinking(text, signature_of(signature, "anthropic"))


def thinking_block(part: Thinking | RedactedThinking) -> dict[str, Any]:
    """The block of an answer's thinking. Without a signature it has an empty one: SDKs expect the field."""
    if isinstance(part, RedactedThinking):
        return {"type": "redacted_thinking", "data": part.data}
    signature = part.signature.marked("anthropic") if part.signature else ""
    return {"type": "thinking", "thinking": part.text, "signature": signature}
