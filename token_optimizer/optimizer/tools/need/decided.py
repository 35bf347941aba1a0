"""What a first question made of tools, remembered: other questions on the same material bring both again, and
so do conversations that begin alike.

It holds where the prompt fits its hard budget: then nothing but the tools, the first question, what is said
before it and the config has a say in them.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from operator import attrgetter

from token_optimizer.models import Block, Prompt
from token_optimizer.optimizer.tools.need.deferral import first_question, is_many, opening_texts
from token_optimizer.optimizer.tools.need.relevance import ToolRelevance
from token_optimizer.text.cache import Key, TextCache, keyed

# What is held of each tool: as the question wants it, without what is redundant, and what it is searched by.
_TIMES_HELD = 3
# All of a tool but its place in the prompt.
_FACTS = attrgetter(
    "content", "tokens", "type", "must_keep", "verbatim", "frozen", "exact", "tool_result", "note", "markers"
)


@dataclass(frozen=True, slots=True)
class DecidedTools:
    """The tools as the question wants them, the same without what is redundant alone, and what the question
    has to do with each of these; None where it decides nothing. Those that were left out are in neither."""

    own: Sequence[Block]
    short: Sequence[Block]
    relevance: ToolRelevance | None

    def moved(self, came: Sequence[Block], schemas: Sequence[Block]) -> DecidedTools:
        """The same of equal tools that stand elsewhere: `schemas`, in the order in which those `came`."""
        places = {old.id: (old, new) for old, new in zip(came, schemas, strict=True)}
        own, short = ([_moved(block, *places[block.id]) for block in of] for of in (self.own, self.short))
        return DecidedTools(own, short, self.relevance)


_DECIDED: TextCache[tuple[Sequence[Block], DecidedTools]] = TextCache(500, max_chars=8_000_000)


def decided_key(schemas: Sequence[Block], prompt: Prompt, how: Hashable, *, defers: bool) -> Key:
    """The key of all that decides over the tools of a prompt that fits. `how` is what the config says,
    and with `defers` some of many tools are left to be read back."""
    said = tuple(opening_texts(prompt)) if defers and is_many(schemas) else ()
    hashed = hash((how, first_question(prompt), said, tuple(map(_FACTS, schemas))))
    return keyed(hashed, _TIMES_HELD * sum(len(block.content) for block in schemas))


def known_decision(key: Key, schemas: Sequence[Block]) -> DecidedTools | None:
    """What was decided of equal tools, in the places of these; None where that is not known."""
    known = _DECIDED.get(key)
    return None if known is None else known[1].moved(known[0], schemas)


def note_decision(key: Key, schemas: Sequence[Block], decided: DecidedTools) -> None:
    """Remember what was decided."""
    _DECIDED.put(key, (schemas, decided))


def _moved(block: Block, old: Block, new: Block) -> Block:
    """The tool in the place of a new one; the new one itself where nothing was done to it."""
    return new if block is old else block.but(id=new.id, timestamp=new.timestamp, slot=new.slot)
