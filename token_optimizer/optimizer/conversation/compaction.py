"""When what was sent before is sent anew in fewer tokens, and what that costs: a compaction.

A rewritten prefix is no longer in the provider's cache, so its discount is lost once; each coming turn then
sends fewer tokens, which the provider would have read from its cache. A hard budget forces compactions; this
rule makes one where the saving over the coming turns is expected to be twice the discount lost, or more: a
conversation may end any time. As many turns are expected to come as there were, up to 20: of recorded runs of
agents those with ten requests had twenty more on average, and those with twenty or forty some fifteen.

To know what a compaction would save, the prompt has to be worked on as if it were new. So the rule looks at a
conversation after 10 requests, then after 20, 40 and so on; a compaction starts that count anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

from token_optimizer.models import Prompt
from token_optimizer.ports import CachePrices, SentMessage

# No two compactions are closer than so many requests.
MIN_REQUESTS = 10
_MAX_COMING = 20
# In recorded runs of agents those that were expected to save just what they lost came out at a loss.
_MIN_GAIN = 2.0
_ENDED = attrgetter("ended")


@dataclass(frozen=True, slots=True)
class Compaction:
    """What sending a prefix anew does: `recached_tokens` lose the cache's discount once, and each coming
    turn sends `saved_tokens` fewer."""

    recached_tokens: int
    saved_tokens: int

    @classmethod
    def between(cls, frozen: Prompt, anew: Prompt) -> Compaction:
        """From the prompt on its frozen prefix to the one that was worked on as if it were new."""
        return cls(_recached_tokens(frozen, anew), frozen.tokens - anew.tokens)

    def cost_usd(self, prices: CachePrices) -> float:
        """The discount that is lost on this request."""
        return self.recached_tokens * (prices.write_usd - prices.read_usd)

    def pays(self, coming_requests: int, prices: CachePrices, *, makes_room: bool = False) -> bool:
        """Whether the saving over the coming requests is greater than what is lost now: clearly so, unless it
        `makes_room` within a budget as well."""
        gain = coming_requests * self.saved_tokens * prices.read_usd
        return gain > self.cost_usd(prices) * (1 if makes_room else _MIN_GAIN)

    def text(self, prices: CachePrices | None) -> str:
        """What the trace says."""
        told = f"{self.recached_tokens} tokens that had been sent before are sent anew"
        return told if prices is None else f"{told}: ${self.cost_usd(prices):.4f} of cache discount lost"


def requests_so_far(known: Sequence[SentMessage]) -> int:
    """The requests of this conversation since its last compaction."""
    return sum(map(_ENDED, known))


def coming_requests(requests: int) -> int:
    """The requests that are expected of a conversation that had so many."""
    return min(requests, _MAX_COMING)


def is_due(requests: int) -> bool:
    """Whether a conversation of so many requests is looked at."""
    rounds, rest = divmod(requests, MIN_REQUESTS)
    return rest == 0 and rounds.bit_count() == 1


def _recached_tokens(frozen: Prompt, anew: Prompt) -> int:
    """Tokens of the frozen part from the first block on that is sent otherwise."""
    blocks = [block for block in frozen.blocks if block.frozen]
    same = 0
    for old, new in zip(blocks, anew.blocks, strict=False):
        if old.content != new.content:
            break
        same += 1
    return sum(block.tokens for block in blocks[same:])
