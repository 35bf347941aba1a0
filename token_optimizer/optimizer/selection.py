"""Chooses which passages of the bulk stay when a prompt is over its hard budget.

Every kind of bulk has a cutter that names its passages and what each is worth. The choice is one over the
whole prompt: a lazy greedy cover, which takes the passage with the most new worth per token first. Facts
count once, so the objective is submodular, and greedy choice by worth per token is the usual approximation
for it under a knapsack (Leskovec et al., Cost-effective Outbreak Detection in Networks, KDD 2007).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from token_optimizer.models import Block, Passage, Prompt
from token_optimizer.optimizer.context import Context

# What a marker costs where a run of passages is left out.
MARKER_TOKENS = 9
_ATTEMPTS = 6

Keep = Callable[[str, Sequence[Passage], frozenset[int]], str]


@dataclass(frozen=True, slots=True)
class Cutter:
    """How one kind of text is cut: `passages(text, query)` names what may go, and `keep(text, passages,
    kept)` writes the text with only the kept ones, by index, and a marker for every gap."""

    passages: Callable[[str, str | None], list[Passage]]
    keep: Keep


@dataclass(frozen=True, slots=True)
class _Candidate:
    block: int
    passage: int
    tokens: int
    value: float
    facts: dict[str, float]


@dataclass(frozen=True, slots=True)
class _Bulk:
    """A block that may be cut, with its passages and what each counts."""

    at: int
    block: Block
    cutter: Cutter
    passages: list[Passage]
    tokens: list[int]


def fit_to_budget(prompt: Prompt, context: Context, cutter_of: Callable[[Block], Cutter | None]) -> Prompt:
    """The prompt with the least of its bulk left out so that it fits; unchanged where it fits already."""
    over = context.tokens_over(prompt)
    if over <= 0:
        return prompt
    bulks = _bulks(prompt, context, cutter_of)
    total = sum(sum(bulk.tokens) for bulk in bulks)
    room = total - over
    best = prompt
    for _ in range(_ATTEMPTS):
        kept = choose(_candidates(bulks), max(room, 0))
        best = _cut(prompt, context, bulks, kept)
        still_over = context.tokens_over(best)
        if still_over <= 0 or room <= 0:
            break
        room -= still_over + MARKER_TOKENS
    return best


def choose(candidates: Sequence[_Candidate], room_tokens: int) -> set[tuple[int, int]]:
    """The (block, passage) pairs worth keeping within so many tokens."""
    covered: set[str] = set()
    kept: set[tuple[int, int]] = set()
    heap = [(-_worth(item, covered), index) for index, item in enumerate(candidates)]
    heapq.heapify(heap)
    while heap and room_tokens > 0:
        worth, index = heapq.heappop(heap)
        item = candidates[index]
        if item.tokens > room_tokens:
            continue
        now = -_worth(item, covered)
        if heap and now > heap[0][0] and now > worth:
            heapq.heappush(heap, (now, index))
            continue
        kept.add((item.block, item.passage))
        covered.update(item.facts)
        room_tokens -= item.tokens
    return kept


def _worth(item: _Candidate, covered: set[str]) -> float:
    """New worth per token; the tokens count for less than in proportion, or only crumbs would be kept."""
    new = item.value + sum(weight for fact, weight in item.facts.items() if fact not in covered)
    return new / (item.tokens + MARKER_TOKENS)


def _bulks(prompt: Prompt, context: Context, cutter_of: Callable[[Block], Cutter | None]) -> list[_Bulk]:
    found = []
    for at, block in enumerate(prompt.blocks):
        if block.verbatim or block.must_keep or block.slot is None:
            continue
        cutter = cutter_of(block)
        passages = cutter.passages(block.content, prompt.query) if cutter is not None else []
        if cutter is not None and passages:
            texts = [block.content[passage.start : passage.end] for passage in passages]
            found.append(_Bulk(at, block, cutter, passages, context.count(texts)))
    return found


def _candidates(bulks: list[_Bulk]) -> list[_Candidate]:
    return [
        _Candidate(number, index, tokens, passage.value, dict(passage.facts))
        for number, bulk in enumerate(bulks)
        for index, (passage, tokens) in enumerate(zip(bulk.passages, bulk.tokens, strict=True))
    ]


def _cut(prompt: Prompt, context: Context, bulks: list[_Bulk], kept: set[tuple[int, int]]) -> Prompt:
    blocks = list(prompt.blocks)
    changed: list[int] = []
    for number, bulk in enumerate(bulks):
        left = frozenset(passage for at, passage in kept if at == number)
        if len(left) < len(bulk.passages):
            text = bulk.cutter.keep(bulk.block.content, bulk.passages, left)
            blocks[bulk.at] = replace(bulk.block, content=text)
            changed.append(bulk.at)
    for at, tokens in zip(changed, context.count([blocks[at].content for at in changed]), strict=True):
        blocks[at] = (
            replace(blocks[at], tokens=tokens) if tokens < prompt.blocks[at].tokens else prompt.blocks[at]
        )
    return replace(prompt, blocks=tuple(blocks))


def keep_passages(text: str, passages: Sequence[Passage], kept: frozenset[int], unit: str = "line") -> str:
    """The text with the kept passages, and one marker for each run of others, counting its lines."""
    out: list[str] = []
    end = gap_start = 0
    gap = 0
    for index, passage in enumerate(passages):
        out.append(text[end : passage.start])
        end = passage.end
        if index in kept:
            if gap:
                out.append(_marker(text[gap_start : passages[index - 1].end], gap, unit))
                gap = 0
            out.append(text[passage.start : passage.end])
        else:
            gap_start = gap_start if gap else passage.start
            gap += 1
    if gap:
        out.append(_marker(text[gap_start : passages[-1].end], gap, unit))
    out.append(text[end:])
    return "".join(out)


def _marker(gap: str, passages: int, unit: str) -> str:
    count = max(1, len(gap.splitlines())) if unit == "line" else passages
    plural = "s" if count != 1 else ""
    return f"[… {count:,} {unit}{plural} left out]" + ("\n" if gap.endswith("\n") else "")
