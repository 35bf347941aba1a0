"""A system text with documents that another conversation began with: it goes as it comes, where that pays.

What a question needs of it would be another part each time, and the provider would read all of it anew. Read
from the provider's cache the whole costs less than a part that is not there. The first conversation knows of
no other, so its system text is cut; the second one writes the whole, which the third and all later ones find.

Before: the handbook, cut by "Who is on call?", and cut otherwise by "When do we open?"
After:  the whole handbook from the second conversation on, at a tenth of its price from the third on
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from token_optimizer.models import Block, Kind, Prompt
from token_optimizer.ports import CachePrices
from token_optimizer.prompt_cache.rules import CacheRules

# What is left of a system text that a question cuts, as a rule.
_SHARE_LEFT = 0.5


def pays_whole(prompt: Prompt, prices: CachePrices | None, rules: CacheRules, *, gets_marks: bool) -> bool:
    """Whether the system text costs less whole, where the provider has it, than what a question leaves of it.
    `gets_marks`: it is marked for the provider's cache where its client does not mark it."""
    if prices is None or not prices.has_discount or prices.read_usd >= _SHARE_LEFT * prices.write_usd:
        return False
    if rules.implicit == "none" and not gets_marks and not _is_marked(prompt.body):
        return False
    opening = sum(block.tokens for block in prompt.blocks if _is_system(block) or block.kind is Kind.SCHEMA)
    return opening >= rules.min_tokens


def with_whole_system(prompt: Prompt) -> Prompt:
    """The prompt with its system text closed to all stages."""
    blocks = [
        block.but(frozen=True, verbatim=True, must_keep=True) if _is_system(block) else block
        for block in prompt.blocks
    ]
    return prompt.but(blocks=tuple(blocks))


def _is_system(block: Block) -> bool:
    return block.turn < 0 and block.slot is not None and block.kind is not Kind.SCHEMA


def _is_marked(body: Mapping[str, Any]) -> bool:
    parts = [body, *_listed(body.get("system")), *_listed(body.get("tools"))]
    return any(isinstance(part, dict) and part.get("cache_control") for part in parts)


def _listed(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else ()
