"""Finds what earlier turns of a conversation left out, and what of that a question asks for."""

from __future__ import annotations

import math
import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from typing import NamedTuple

from token_optimizer.models import Aggregate, Block, Kind, Origin, Prompt
from token_optimizer.optimizer.code.sparse_numbers import with_all_numbers
from token_optimizer.optimizer.logs.lines import names, words
from token_optimizer.optimizer.marked_text import MarkedText
from token_optimizer.text.cache import TextCache, keyed
from token_optimizer.text.lines import lines_of
from token_optimizer.text.sentences import sentence_spans

# A term that more lines hold, and a larger share of them, asks for none of them.
_MAX_LINES_OF_A_TERM = 12
_MAX_SHARE_OF_LINES = 0.03
_LONGEST_LINE = 2_000
# A question of more names or words than this brings its text along.
_MAX_TERMS = 48
_MAX_BLOCKS = 40
# For a term that `n` lines hold a block gets 1 / log2(1 + n): one that three hold is enough, else two.
_MIN_SCORE = 0.5
# What an earlier turn brought back, and what users said in turns that are gone.
_BRINGS = frozenset({Origin.RESTORED, Origin.MARKER})
_NEVER = frozenset({Kind.FRAMING, Kind.SCHEMA, Kind.TOOL_TEXT, Kind.CALL, Kind.OPAQUE})
# Of these single sentences are left out.
_IN_SENTENCES = frozenset({Kind.PROSE, Kind.DOCUMENT})
# Where the missing units of a text stand in it.
_MISSING: TextCache[array[int]] = TextCache(2_048)
_MAX_REMEMBERED_UNITS = 2_048
_NO_SPANS = array("L")
_FIRST_CHARS = 40


class LeftOut:
    """What is missing of one block, in order: its lines, or of prose that was cut its sentences.

    They stand at the `spans` of the `text`, and are only read where that holds what is looked for.
    """

    def __init__(
        self, block: Block, text: str, spans: Sequence[int], lines: Sequence[str] | None = None
    ) -> None:
        self.block = block
        self.count = len(spans) // 2 if lines is None else len(lines)
        self.text = text
        self._spans = spans
        if lines is not None:
            self.lines = lines

    @cached_property
    def lines(self) -> Sequence[str]:
        """The lines, or sentences."""
        spans = zip(self._spans[::2], self._spans[1::2], strict=True)
        return _texts_of(self.text, spans, self.block.kind)

    def places_of(self, term: Term) -> Iterator[int]:
        """The numbers of the lines that hold the term."""
        # Most lines do not hold the text at all: that is seen sooner than a pattern sees it.
        likely = enumerate(self._lower_lines if term.any_case else self.lines)
        return (at for at, line in likely if term.text in line and holds(term, self.lines[at]))

    @cached_property
    def _lower_lines(self) -> Sequence[str]:
        return [line.lower() for line in self.lines]


class AskedFor(NamedTuple):
    """What is missing of a block, and of that the lines, or sentences, that are asked for."""

    block: Block
    lines: Sequence[str]
    asked: Sequence[str]


@dataclass(frozen=True, slots=True)
class Term:
    """What a line is looked for by: `text` must be in it, in any case where the pattern says so."""

    text: str
    pattern: re.Pattern[str]
    any_case: bool = False


def terms_of(query: str) -> list[Term]:
    """Names of the query whole, its other words by their stem."""
    whole = [Term(name, re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")) for name in names(query)[:_MAX_TERMS]]
    stems = [
        Term(word, re.compile(rf"(?i)(?<!\w){re.escape(word)}"), any_case=True)
        for word in words(query)[:_MAX_TERMS]
    ]
    return whole + stems


def left_out(prompt: Prompt, original: Prompt) -> Iterator[LeftOut]:
    """What is missing in the prompt of the original's blocks, but for what was brought back already."""
    came = original.blocks[len(prompt.prefix.came) :]
    found = _with_omissions(prompt.prefix.value(_OMISSIONS), came, prompt.rest)
    lines_told = {line for block in found.brought for line in block.content.split("\n")}
    told = lines_told.union(*(_units_left(block, Kind.PROSE) for block in found.brought))
    for missing in found.missing:
        item = _left_out_of(missing, told)
        if item.count:
            yield item


class _Missing(NamedTuple):
    """A block as it came of which something is missing, its text where some of it is left, and where the
    missing units stand in that."""

    block: Block
    text: str | None
    spans: array[int]


class _Omissions(NamedTuple):
    """What is missing of some blocks, and those that brought back what was."""

    missing: tuple[_Missing, ...] = ()
    brought: tuple[Block, ...] = ()


def _with_omissions(known: _Omissions, came: Sequence[Block], sent: Sequence[Block]) -> _Omissions:
    """What is known, with what is missing of further blocks."""
    whole = {block.id for block in sent if block.original_content is None}
    cut = [block for block in came if block.id not in whole]
    brought = (*known.brought, *(block for block in sent if block.origin in _BRINGS))
    if not cut:
        return _Omissions(known.missing, brought)
    left = {block.id: block for block in sent}
    missing = (
        _missing_of(block, left.get(block.id))
        for block in cut
        if block.slot is not None and block.kind not in _NEVER
    )
    return _Omissions((*known.missing, *missing), brought)


_OMISSIONS = Aggregate("omissions", _Omissions(), _with_omissions)


def _missing_of(block: Block, now: Block | None) -> _Missing:
    if now is None:
        return _Missing(block, None, _NO_SPANS)
    text = now.original_content or ""
    return _Missing(block, text, _missing_spans(text, now, block.kind))


def _left_out_of(missing: _Missing, told: Set[str]) -> LeftOut:
    """What is missing of a block, and was not `told` elsewhere."""
    block, text, spans = missing
    if text is None:
        # Of a block that is gone a whole line says more than a sentence of it.
        lines = [missed for line in block.content.split("\n") if (missed := _missed(line, block.kind, told))]
        return LeftOut(block, "\n".join(lines), (), lines)
    item = LeftOut(block, text, spans)
    if not told:
        return item
    return LeftOut(block, text, (), [line for line in item.lines if line not in told])


def _missed(line: str, kind: Kind, told: Set[str]) -> str:
    """What of the line was not told: the line, of prose the sentences that were not, or nothing."""
    if not line.strip() or line in told:
        return ""
    sentences = _units(line, kind)
    missing = [sentence for sentence in sentences if sentence not in told]
    return line if len(missing) == len(sentences) else " ".join(missing)


def remember_cuts(original: Prompt, after: Prompt) -> None:
    """Find now what is missing of the prose that was cut on this turn: the next one asks for it."""
    before = {block.id: block.content for block in original.blocks if block.kind in _IN_SENTENCES}
    for block in after.blocks:
        text = before.get(block.id)
        if text is not None and text != block.content and not block.frozen:
            _missing_spans(text, block, block.kind)


def _missing_spans(text: str, now: Block, kind: Kind) -> array[int]:
    """Where the units of a text stand, one after the other, that are not in what is left of it in the
    block."""
    marked = hash((kind, text, now.content, *[marker.start for marker in now.markers]))
    key = keyed(marked, len(text))
    spans = _MISSING.get(key)
    if spans is None:
        spans_of_units = tuple(_unit_spans(text, kind))
        units = _texts_of(text, spans_of_units, kind)
        left = _units_left(now, kind, text, spans_of_units, units)
        found = zip(spans_of_units, units, strict=True)
        missing = [span for span, unit in found if unit not in left and unit and not unit.isspace()]
        spans = array("L", chain.from_iterable(missing))
        if len(missing) <= _MAX_REMEMBERED_UNITS:
            _MISSING.put(key, spans)
    return spans


def _units_left(
    block: Block,
    kind: Kind,
    whole: str = "",
    spans: Sequence[tuple[int, int]] = (),
    units: Sequence[str] = (),
) -> set[str]:
    """The units of what is left of a block, apart from its markers. What stands so in the `whole` text, whose
    units are known, is not taken apart again, up to the first piece that does not."""
    left: set[str] = set()
    done = 0
    for piece in filter(None, with_all_numbers(MarkedText.of(block)).pieces()):
        at = _place_of(piece, whole, done)
        end = at + len(piece)
        first, last = bisect_left(spans, (at,)), bisect_left(spans, (end,))
        if at >= 0 and first < last and spans[first][0] == at and spans[last - 1][1] == end:
            left.update(units[first:last])
            done = end
        else:
            left.update(_units(piece, kind))
            whole = ""
    return left


def _place_of(piece: str, whole: str, start: int) -> int:
    """Where the piece stands in the text from the start on, or -1. As a rule it is where its first characters
    stand, which are found in a tenth of the time."""
    at = whole.find(piece[:_FIRST_CHARS], start)
    return at if at < 0 or whole.startswith(piece, at) else whole.find(piece, at)


def _units(text: str, kind: Kind) -> list[str]:
    """The lines of the text; of prose its sentences, each by itself."""
    return _texts_of(text, _unit_spans(text, kind), kind)


def _texts_of(text: str, spans: Iterable[tuple[int, int]], kind: Kind) -> list[str]:
    """The texts of units, by where they stand."""
    if kind in _IN_SENTENCES:
        return [text[start:end].strip() for start, end in spans]
    return [text[start:end] for start, end in spans]


def _unit_spans(text: str, kind: Kind) -> Iterable[tuple[int, int]]:
    if kind in _IN_SENTENCES and "\n" not in text:
        return sentence_spans(text)
    return _unit_spans_of_lines(text, kind)


def _unit_spans_of_lines(text: str, kind: Kind) -> Iterator[tuple[int, int]]:
    start = 0
    # With their ends, as passages are found in them: what is a sentence is known from there.
    for line in lines_of(text) if kind in _IN_SENTENCES else text.split("\n"):
        if kind in _IN_SENTENCES:
            spans = sentence_spans(line)
            yield from [(start + first, start + last) for first, last in spans] if start else spans
            start += len(line)
        else:
            yield start, start + len(line)
            start += len(line) + 1


def asked_for(missing: Sequence[LeftOut], terms: Sequence[Term]) -> list[AskedFor]:
    """The blocks of which a line holds one of the terms that few lines hold, in order.

    Of very many those that hold most terms, and of equals the newest.
    """
    holding = _places_by_term(missing, terms)
    scores = [0.0] * len(missing)
    for found in holding:
        for number in {number for number, _ in found}:
            scores[number] += 1 / math.log2(1 + len(found))
    asked: dict[int, list[str]] = {}
    for number, at in sorted(set().union(*holding)):
        asked.setdefault(number, []).append(missing[number].lines[at])
    enough = [number for number in asked if scores[number] >= _MIN_SCORE]
    best = sorted(enough, key=lambda number: (-scores[number], -number))[:_MAX_BLOCKS]
    return [AskedFor(missing[number].block, missing[number].lines, asked[number]) for number in sorted(best)]


def _places_by_term(missing: Sequence[LeftOut], terms: Sequence[Term]) -> list[list[tuple[int, int]]]:
    """For each term the lines that hold it, by the number of their block and their own; none for a term that
    too many hold."""
    most = max(_MAX_LINES_OF_A_TERM, int(_MAX_SHARE_OF_LINES * sum(item.count for item in missing)))
    texts = [item.text for item in missing]
    lower_texts = list(map(str.lower, texts))
    found = []
    for term in terms:
        places = (
            (number, at)
            for number, text in enumerate(lower_texts if term.any_case else texts)
            if term.text in text
            for at in missing[number].places_of(term)
        )
        holding = list(islice(places, most + 1))
        if holding and len(holding) <= most:
            found.append(holding)
    return found


def holds(term: Term, line: str) -> bool:
    """Whether the line holds the term; the start of a very long one decides."""
    return term.pattern.search(line, 0, _LONGEST_LINE) is not None
