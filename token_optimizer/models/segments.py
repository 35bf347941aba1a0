"""A part of a prompt that a provider's cache can end at."""

from __future__ import annotations

from typing import NamedTuple


class PromptSegment(NamedTuple):
    """One part: `key` names all of the prompt up to its end, and tells nobody without the secret what it
    says. `lifetime_seconds` is that of the breakpoint at its end, 0 where there is none."""

    key: str
    tokens: int
    lifetime_seconds: int = 0
