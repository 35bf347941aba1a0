"""What a model's provider caches of a prompt: from which length on, in which steps, and for how long.

Anthropic caches up to the breakpoints that a request sets, and finds an entry up to 20 blocks before one.
OpenAI's models up to GPT-5.5 cache every prefix in steps; from GPT-5.6 on just what ends at a breakpoint, of
which one stands at the end of the newest message, unless the request wants none. What others say of their
caches is close to OpenAI's earlier rules.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

FIVE_MINUTES = 300
TEN_MINUTES = 600
HALF_HOUR = 1800
HOUR = 3600
DAY = 86400

# Breakpoints besides those that a request sets.
Implicit = Literal["none", "newest", "everywhere"]

_ANTHROPIC = re.compile(r"claude|(^|[./])(opus|sonnet|haiku|fable|mythos)-")
# The least lengths of Anthropic's models, the first that fits; 1,024 tokens for all others.
_ANTHROPIC_LEAST = (
    (re.compile(r"(opus|fable|mythos)-5(?!\d)"), 512),
    (re.compile(r"opus-4[-.][56](?!\d)|haiku-4"), 4096),
    (re.compile(r"opus-4[-.]7(?!\d)|haiku"), 2048),
)
_OPENAI_WITH_BREAKPOINTS = re.compile(r"gpt-(5\.([6-9]|\d\d)|[6-9]|\d\d)")


@dataclass(frozen=True, slots=True)
class CacheRules:
    """`min_tokens` is the least length of a prefix that is cached; lengths are multiples of `step_tokens`.
    `lifetime_seconds` runs from the last use, where the request asks for no other. `lookback_blocks` is how
    far before a breakpoint an entry is found, None without a limit."""

    min_tokens: int
    step_tokens: int
    lifetime_seconds: int
    implicit: Implicit
    lookback_blocks: int | None = None

    def cached(self, tokens: float) -> int:
        """How many of the tokens of a prefix are cached."""
        return int(tokens) // self.step_tokens * self.step_tokens if tokens >= self.min_tokens else 0


# Names come from requests: a bound, so that made-up ones cannot fill the memory.
@lru_cache(maxsize=1024)
def cache_rules(model: str) -> CacheRules:
    """The rules of the model's provider, whichever dialect it is spoken to in."""
    if _ANTHROPIC.search(model):
        least = next((tokens for pattern, tokens in _ANTHROPIC_LEAST if pattern.search(model)), 1024)
        return CacheRules(least, 1, FIVE_MINUTES, "none", lookback_blocks=20)
    if _OPENAI_WITH_BREAKPOINTS.search(model):
        return CacheRules(1024, 1, HALF_HOUR, "newest")
    return CacheRules(1024, 128, TEN_MINUTES, "everywhere")
