"""Excerpts of what was left out: the passages of it that a question, or words, ask for, with true markers.

Before: 40,000 tokens that a marker stands for, and the question "Why did tick 137 fail?"
After:  the lines around tick 137, "[… 812 lines left out #310775]" before and behind them
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from token_optimizer.config import OptimizerConfig
from token_optimizer.dialects.bodies import conversation_key
from token_optimizer.models import OUTSIDE, Block, Kind, Prompt, ReadPart
from token_optimizer.optimizer.contract.context import Context
from token_optimizer.optimizer.json.passages import json_passages
from token_optimizer.optimizer.marked_text import MarkedText
from token_optimizer.optimizer.markers import gap_words, place_name, restored_marker
from token_optimizer.optimizer.reading_back.alignment import Span, gaps_of
from token_optimizer.optimizer.relevance.bm25 import bm25
from token_optimizer.optimizer.relevance.words import stems
from token_optimizer.optimizer.selection.cutters import CUTTERS
from token_optimizer.optimizer.selection.fitting import fit_to_budget
from token_optimizer.text.lines import lines_of
from token_optimizer.text.sentences import unit_spans
from token_optimizer.tokens.counts import count_texts

_CONFIG = OptimizerConfig.preset("balanced")
# A passage that is looked for by words has about so many characters.
_PASSAGE_CHARS = 500
# What holds the words less than by this share of the best one's score is not what was meant.
_MIN_SHARE = 0.4
_MARKER_TOKENS = 12
_HAS_WORDS = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class Region:
    """Text that was left out in one place, in parts, and the rule that had cut it."""

    parts: tuple[ReadPart, ...]
    stage: str = ""


def excerpt(
    region: Region, query: str, prompt: Prompt, model: str, taken: Set[int], max_tokens: int
) -> list[ReadPart]:
    """The region in parts, or the passages of it that the query asks for within so many tokens."""
    blocks = {block.id: block for block in prompt.blocks}
    texts = [_text(part, blocks) for part in region.parts]
    if sum(count_texts(texts, model)) <= max_tokens:
        return list(region.parts)
    return list(_with_markers(_kept_of(region, query, prompt, model, max_tokens), region, blocks, taken))


def best_passages(
    regions: Sequence[Region], words: str, prompt: Prompt, taken: Set[int], max_tokens: int
) -> tuple[list[ReadPart], str]:
    """The passages of these regions that hold the words best, each region's below a line that says where it
    is from, and the rule that had cut the best one; nothing where none holds any of them."""
    blocks = {block.id: block for block in prompt.blocks}
    found = [
        (number, passage)
        for number, region in enumerate(regions)
        for part in region.parts
        if part.block
        for passage in _passages(part, blocks)
    ]
    texts = [_text(passage, blocks) for _, passage in found]
    scores = bm25(words, stems(texts))
    best = sorted(range(len(found)), key=lambda at: (-scores[at], at))
    kept: dict[int, list[ReadPart]] = {}
    room = max_tokens
    for at in best:
        if scores[at] <= 0 or scores[at] < _MIN_SHARE * scores[best[0]]:
            break
        room -= count_texts([texts[at]], prompt.body.get("model") or "")[0] + _MARKER_TOKENS
        if room < 0 and kept:
            break
        number, passage = found[at]
        kept.setdefault(number, []).append(passage)
    parts: list[ReadPart] = []
    for number in sorted(kept):
        parts += _below_source(kept[number], regions[number], prompt, blocks, {*taken, *_handles(parts)})
    return parts, regions[found[best[0]][0]].stage if parts else ""


def _below_source(
    kept: Sequence[ReadPart], region: Region, prompt: Prompt, blocks: dict[str, Block], taken: Set[int]
) -> Iterator[ReadPart]:
    block = blocks[kept[0].block]
    role = prompt.slots[block.slot].role if block.slot is not None else block.type.value
    yield ReadPart(words=restored_marker(place_name(block.message, role)).text + "\n")
    spans: dict[str, list[Span]] = {}
    for part in kept:
        spans.setdefault(part.block, []).append(Span(part.start, part.end))
    holding = Region(tuple(part for part in region.parts if part.block in spans), region.stage)
    yield from _with_markers(spans, holding, blocks, taken)
    yield ReadPart(words="\n")


def _with_markers(
    kept: dict[str, list[Span]], region: Region, blocks: dict[str, Block], taken: Set[int]
) -> Iterator[ReadPart]:
    """The kept spans of each block of the region, and a marker for what lies between them."""
    handles = set(taken)
    for part in region.parts:
        if part.words:
            yield part
            continue
        done = part.start
        for start, end in [*_merged(kept.get(part.block, ())), Span(part.end, part.end)]:
            # Commas and brackets between two rows need no marker.
            if _HAS_WORDS.search(blocks[part.block].content, done, max(done, start)):
                yield _gap(part.block, Span(done, start), blocks, handles)
            elif done < start:
                yield ReadPart(part.block, done, start)
            if start < end:
                yield ReadPart(part.block, start, end)
            done = max(done, end)


def _gap(block_id: str, span: Span, blocks: dict[str, Block], handles: set[int]) -> ReadPart:
    text = blocks[block_id].content[span.start : span.end]
    words, handle = gap_words(text, handles)
    handles.add(handle)
    return ReadPart(block_id, *span, words + ("\n" if text.endswith("\n") else ""), handle)


def _merged(spans: Iterable[Span]) -> list[Span]:
    """The spans in order, those that meet as one."""
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(span.end, merged[-1].end))
        else:
            merged.append(span)
    return merged


def _kept_of(
    region: Region, query: str, prompt: Prompt, model: str, max_tokens: int
) -> dict[str, list[Span]]:
    """By block the spans that are worth most to the query."""
    blocks = {block.id: block for block in prompt.blocks}
    parts = [part for part in region.parts if part.block]
    if len(parts) == 1 and (rows := _best_rows(parts[0], query, blocks, model, max_tokens)):
        return {parts[0].block: rows}
    alone = _alone(parts, query, prompt, model)
    context = Context(_CONFIG, model, max_tokens, hard_tokens=max_tokens, show_handles=True)
    cut = fit_to_budget(alone, context, lambda block: CUTTERS.get(block.kind))
    left = {block.id: block for block in cut.blocks}
    kept: dict[str, list[Span]] = {}
    for number, part in enumerate(parts):
        now = left.get(str(number))
        spans = [] if now is None else _spans_left(MarkedText.of(now), _text(part, blocks))
        kept.setdefault(part.block, []).extend(Span(part.start + a, part.start + b) for a, b in spans)
    # With nothing kept the one marker for all of it would be read in vain again and again.
    if 0 < _tokens_of(kept, blocks, model) <= max_tokens:
        return kept
    return _first_lines(parts, blocks, model, max_tokens)


def _best_rows(
    part: ReadPart, query: str, blocks: dict[str, Block], model: str, max_tokens: int
) -> list[Span]:
    """The rows and members of a JSON text that are worth most, as they stand; none of another text."""
    if blocks[part.block].kind is not Kind.JSON:
        return []
    text = _text(part, blocks)
    passages = json_passages(text, query)
    counts = count_texts([text[one.start : one.end] for one in passages], model)
    worth = [one.value + sum(one.facts.values()) for one in passages]
    kept: list[Span] = []
    room = max_tokens
    for at in sorted(range(len(passages)), key=lambda at: (-worth[at], at)):
        room -= counts[at] + _MARKER_TOKENS // 2
        if room < 0:
            break
        kept.append(Span(part.start + passages[at].start, part.start + passages[at].end))
    return kept


def _alone(parts: Sequence[ReadPart], query: str, prompt: Prompt, model: str) -> Prompt:
    """The parts as a prompt of open blocks, without messages around them."""
    blocks = {block.id: block for block in prompt.blocks}
    texts = [_text(part, blocks) for part in parts]
    counted = zip(parts, texts, count_texts(texts, model), strict=True)
    opened = tuple(
        _opened(blocks[part.block], str(number), text, tokens)
        for number, (part, text, tokens) in enumerate(counted)
    )
    body: dict[str, Any] = {conversation_key(prompt.dialect): []}
    return Prompt(opened, prompt.slots, body, prompt.dialect, query)


def _opened(block: Block, block_id: str, text: str, tokens: int) -> Block:
    return block.but(
        id=block_id,
        content=text,
        tokens=tokens,
        kind=block.kind if block.kind in CUTTERS else Kind.PROSE,
        markers=(),
        original_content=None,
        must_keep=False,
        verbatim=False,
        turn=OUTSIDE,
        slot=block.slot or 0,
        wrapper=None,
    )


def _spans_left(cut: MarkedText, text: str) -> list[Span]:
    """The spans of the text that are left in what it was cut to; the whole of it where nothing was."""
    if not cut.markers:
        return [Span(0, len(text))] if cut.text == text else []
    gaps = gaps_of(cut, text)
    if gaps is None:
        return []
    edges = [Span(0, 0), *_merged(gaps), Span(len(text), len(text))]
    return [Span(before.end, behind.start) for before, behind in pairwise(edges) if before.end < behind.start]


def _first_lines(
    parts: Sequence[ReadPart], blocks: dict[str, Block], model: str, max_tokens: int
) -> dict[str, list[Span]]:
    """What fits of the beginning: for a text that no passages were found in."""
    kept: dict[str, list[Span]] = {}
    room = max_tokens
    for passage in (passage for part in parts for passage in _passages(part, blocks)):
        room -= count_texts([_text(passage, blocks)], model)[0]
        if room < 0 and kept:
            break
        kept.setdefault(passage.block, []).append(Span(passage.start, passage.end))
    return kept


def _passages(part: ReadPart, blocks: dict[str, Block]) -> Iterator[ReadPart]:
    """Whole lines of the part, some hundred characters together; sentences of a line that is longer."""
    first = end = part.start
    for line in lines_of(_text(part, blocks)):
        is_long = len(line) > _PASSAGE_CHARS
        if end > first and (is_long or end - first + len(line) > _PASSAGE_CHARS):
            yield ReadPart(part.block, first, end)
            first = end
        if is_long:
            for start, stop in unit_spans(line):
                yield ReadPart(part.block, end + start, end + stop)
            first = end + len(line)
        end += len(line)
    if end > first:
        yield ReadPart(part.block, first, end)


def _tokens_of(kept: dict[str, list[Span]], blocks: dict[str, Block], model: str) -> int:
    texts = [blocks[name].content[a:b] for name, spans in kept.items() for a, b in spans]
    return sum(count_texts(texts, model)) if texts else 0


def _handles(parts: Iterable[ReadPart]) -> set[int]:
    return {part.handle for part in parts if part.handle}


def _text(part: ReadPart, blocks: dict[str, Block]) -> str:
    return part.words or blocks[part.block].content[part.start : part.end]
