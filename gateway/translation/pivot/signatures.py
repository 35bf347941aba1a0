"""Signatures of thinking, which only the provider that gave them takes back.

Callers send them back as they came. So that one provider's never reach another, they carry a mark of their
origin where a dialect does not say it by itself: in messages `EqQ…` is Anthropic's, and `gemini:…` Gemini's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Origin = Literal["anthropic", "gemini", "openai"]


@dataclass(frozen=True, slots=True)
class Signature:
    value: str
    origin: Origin

    def marked(self, unmarked: Origin) -> str:
        """As a text, in a dialect where those without a mark are from `unmarked`."""
        return self.value if self.origin == unmarked else f"{self.origin}:{self.value}"


def signature_of(text: str, unmarked: Origin) -> Signature | None:
    """The signature that a text stands for; None for an empty one."""
    origin, colon, value = text.partition(":")
    for known in get_args(Origin):
        if colon and origin == known:
            return Signature(value, known)
    return Signature(text, unmarked) if text else None
