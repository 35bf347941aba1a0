"""How likely each name that a prompt mentions is needed in the next steps.

A name matters more the later it was mentioned last, and if the user or the model itself spoke of it, the
more often they did. In recorded runs of agents one in three names of an agent's last step is needed in its
next six, nine in ten of those that it named eight times; of what only a program printed one in eleven of the
newest message and one in ninety of the others, of numbers a third of that.
"""

from __future__ import annotations

import math
from collections.abc import Container, Sequence
from dataclasses import dataclass, field

import numpy as np

from token_optimizer.models import OUTSIDE, Aggregate, Block, BlockType, Kind, Prompt
from token_optimizer.optimizer.relevance.bm25 import Scores
from token_optimizer.optimizer.relevance.names import NAME_PREFIX, distinct_name_facts
from token_optimizer.text.line_numbers import unnumbered
from token_optimizer.text.numbered_words import Numbers, distinct_keys

# Before what stands outside of the messages.
_NOWHERE = OUTSIDE - 1
# After so many messages a mention has lost half of its weight; some of it stays for ever.
_HALF_LIFE_MESSAGES = 8
_LASTING_SHARE = 0.3
_SPOKEN_FACTOR = 2.0
_PRINTED_FACTOR = 0.5
_JUST_PRINTED_FACTOR = 0.8
_NUMBER_FACTOR = 0.3
# What each doubling of the messages that mention a name adds, and how many of them count.
_PER_DOUBLING = 0.7
_MANY_MESSAGES = 10
# What a token of the newest message is worth by itself, and after how many messages half of it.
_SPOKEN_TOKEN_VALUE = 0.04
_PRINTED_TOKEN_VALUE = 0.01
_NEW_HALF_LIFE_MESSAGES = 3
# A short text is worth keeping as it is: this much for all of it.
_SHORT_VALUE = 1.0
_CHAT_SHARE = 0.1


@dataclass(slots=True)
class _Mentions:
    last: int
    messages: int = 0
    spoken: int = 0
    task: bool = False

    def add(self, block: Block) -> None:
        """Count that the block, which stands behind those counted so far, mentions the name."""
        spoken = _is_spoken(block)
        is_first = self.last != block.message
        self.messages += is_first
        self.spoken += is_first and spoken
        self.last = block.message
        self.task |= _is_task(block)


@dataclass(slots=True)
class NamesBefore:
    """What the first blocks of a prompt mention, none of which may be cut, and what of that stays `fixed`."""

    blocks: int = 0
    mentions: dict[str, _Mentions] = field(default_factory=dict)
    fixed: set[str] = field(default_factory=set)

    def read_to(self, prompt: Prompt, at: int) -> None:
        """Go on to the block at this place."""
        self.fixed |= fixed_facts(prompt, range(at, len(prompt.blocks)), self)
        for block in prompt.blocks[self.blocks : at]:
            if block.turn >= 0:
                for fact in _facts(block):
                    self.mentions.setdefault(fact, _Mentions(_NOWHERE)).add(block)
        self.blocks = at


NOTHING_BEFORE = NamesBefore()
_NEVER = _Mentions(_NOWHERE)


def fixed_facts(prompt: Prompt, cuttable: Container[int], before: NamesBefore = NOTHING_BEFORE) -> set[str]:
    """The names that stay whatever is cut, since a block mentions them that may not be."""
    return before.fixed.union(
        fact
        for at, block in enumerate(prompt.blocks[before.blocks :], before.blocks)
        if block.must_keep and block.turn >= 0 and at not in cuttable
        for fact in _facts(block)
    )


def salient(
    prompt: Prompt,
    facts: Sequence[str],
    numbers: Numbers,
    places: Numbers,
    before: NamesBefore = NOTHING_BEFORE,
) -> Scores:
    """A factor, around 1, for every fact that is a name. A passage of the block at each of the `places`,
    which may be cut, says the fact of this number. What was read `before` is not read again."""
    number_of = {fact: number for number, fact in enumerate(facts) if fact.startswith(NAME_PREFIX)}
    is_name = np.fromiter(map(number_of.__contains__, facts), bool, len(facts))
    cuttable = set(distinct_keys(places, len(prompt.blocks)).tolist())
    elsewhere = [
        (number_of[fact], at)
        for at, block in enumerate(prompt.blocks[before.blocks :], before.blocks)
        if at not in cuttable and block.turn >= 0
        for fact in _facts(block) & number_of.keys()
    ]
    further = np.array(elsewhere, np.int64).reshape(-1, 2)
    said = is_name[numbers]
    mentions = _mentions(
        prompt,
        np.concatenate((numbers[said], further[:, 0])),
        np.concatenate((places[said], further[:, 1])),
        [before.mentions.get(fact, _NEVER) for fact in facts] if before.mentions else [_NEVER] * len(facts),
    )
    share = 1.0 if is_agents_run(prompt) else _CHAT_SHARE
    newest = _newest(prompt)
    factors = [
        share * _factor(fact, newest, last, messages, spoken, is_task) if is_one and messages else 1.0
        for fact, is_one, last, messages, spoken, is_task in zip(
            facts, is_name.tolist(), *mentions, strict=True
        )
    ]
    return np.array(factors, float)


def _mentions(
    prompt: Prompt, numbers: Numbers, places: Numbers, before: Sequence[_Mentions]
) -> tuple[list[int], list[int], list[int], list[bool]]:
    """What is counted of each fact, as `_Mentions` has it: the last message, the messages, those in which it
    was spoken of, and whether the task mentions it. The fact of each number stands in the block at each
    place."""
    blocks = len(prompt.blocks)
    keys = distinct_keys(numbers * blocks + places, len(before) * blocks)
    facts, places = np.divmod(keys, blocks)
    messages = np.array([block.message for block in prompt.blocks], np.int64)[places]
    spoken = np.array([_is_spoken(block) for block in prompt.blocks], bool)[places]
    task = np.array([_is_task(block) for block in prompt.blocks], bool)[places]
    is_first_row = np.append(True, facts[1:] != facts[:-1])[: len(facts)]
    messages_before = np.roll(messages, 1)
    last = np.array([one.last for one in before], np.int64)
    messages_before[is_first_row] = last[facts[is_first_row]]
    is_new = messages != messages_before
    last[facts] = messages  # the last of each fact stays
    count = len(before)
    all_messages = np.bincount(facts[is_new], minlength=count)
    all_spoken = np.bincount(facts[is_new & spoken], minlength=count)
    in_task = np.bincount(facts[task], minlength=count) > 0
    return (
        last.tolist(),
        (all_messages + np.array([one.messages for one in before], np.int64)).tolist(),
        (all_spoken + np.array([one.spoken for one in before], np.int64)).tolist(),
        (in_task | np.array([one.task for one in before], bool)).tolist(),
    )


def is_agents_run(prompt: Prompt) -> bool:
    """Whether a program works here, step by step; what it needs next are names, in a chat it is the query."""
    return Kind.CODE in [block.kind for block in prompt.blocks] or calls_tools(prompt)


def calls_tools(prompt: Prompt) -> bool:
    """Whether the model works with tools, call after call: then nobody has said yet what is needed next."""
    return _with_calls(prompt.prefix.value(_CALLS), (), prompt.rest) > 1


def _with_calls(count: int, _: Sequence[Block], sent: Sequence[Block]) -> int:
    return count + [block.kind for block in sent].count(Kind.CALL)


_CALLS = Aggregate("calls", 0, _with_calls)


def _facts(block: Block) -> set[str]:
    """What the block names; numbers that a tool wrote before its lines are no names."""
    return distinct_name_facts(unnumbered(block.content) if block.tool_result else block.content)


def _factor(fact: str, newest: int, last: int, messages: int, spoken: int, is_task: bool) -> float:
    """The factor of a name that is counted so."""
    # What the task itself names is never old.
    recent = 1.0 if is_task else 0.5 ** ((newest - last) / _HALF_LIFE_MESSAGES)
    times = min(spoken or messages, _MANY_MESSAGES)
    factor = (_LASTING_SHARE + (1 - _LASTING_SHARE) * recent) * (1 + _PER_DOUBLING * math.log2(times))
    if spoken:
        return factor * _SPOKEN_FACTOR
    factor *= _JUST_PRINTED_FACTOR if last == newest else _PRINTED_FACTOR
    return factor * (_NUMBER_FACTOR if fact.removeprefix(NAME_PREFIX).isdigit() else 1.0)


def token_values(prompt: Prompt, blocks: Sequence[Block]) -> list[float]:
    """What each token of each block is worth, for the block being new and for it being short."""
    if not is_agents_run(prompt):
        return [0.0] * len(blocks)
    newest = _newest(prompt)
    return [_token_value(block, newest - block.message) for block in blocks]


def _token_value(block: Block, age: int) -> float:
    value = _SPOKEN_TOKEN_VALUE if _is_spoken(block) else _PRINTED_TOKEN_VALUE
    short = 0.0 if block.tool_result else _SHORT_VALUE / max(block.tokens, 1)
    return value * 0.5 ** (age / _NEW_HALF_LIFE_MESSAGES) + short


def _newest(prompt: Prompt) -> int:
    """The number of the newest message."""
    return max((block.message for block in prompt.blocks), default=0)


def _is_spoken(block: Block) -> bool:
    if block.type is BlockType.ASSISTANT:
        return True
    return block.kind is Kind.PROSE and not block.tool_result


def _is_task(block: Block) -> bool:
    """Whether the block says what the first turn is about."""
    return block.turn == 0 and block.type is BlockType.USER and _is_spoken(block)
