"""Finds what earlier turns of a conversation left out, and what of that a question asks for."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence, Set
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
# A long sentence, or line of code. Of a longer one, as of data in one line, only what is missing comes back.
_LONGEST_WHOLE_UNIT = 600
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


class LeftOut(NamedTuple):
    """What is missing of one block, in order: its lines, or of prose that was cut its sentences.

    They stand at the `spans` of the `text`, and are only read where that holds what is looked for. `is_gone`:
    nothing is left of the block. Of such a one a whole line says more than a sentence of it.
    """

    block: Block
    text: str
    spans: array[int]
    is_gone: bool = False

    def lines(self, told: Set[str]) -> list[str]:
        """The lines, or sentences, of a line without what was `told` elsewhere."""
        spans, kind = _pairs(self.spans), self.block.kind
        if self.is_gone:
            return [_missed(self.text[start:end], kind, told) for start, end in spans]
        return _texts_of(self.text, spans, kind)

    def not_told(self, told: Set[str]) -> LeftOut:
        """What of that was not `told` elsewhere."""
        if not told:
            return self
        lines = zip(_pairs(self.spans), self.lines(told), strict=True)
        left = (span for span, line in lines if line and line not in told)
        return self._replace(spans=array("L", chain.from_iterable(left)))


class Omissions(NamedTuple):
    """What is missing of some blocks, and the lines and sentences of those that brought back what was."""

    missing: tuple[LeftOut, ...] = ()
    told: frozenset[str] = frozenset()


class AskedFor(NamedTuple):
    """What is missing of a block, and of that the lines, or sentences, that are asked for."""

    block: Block
    lines: Sequence[str]
    asked: Sequence[str]


class Term(NamedTuple):
    """What a text is looked for by: a name as a whole, or a word's stem in any case, where a word begins."""

    text: str
    is_stem: bool = False

    def is_in(self, text: str) -> bool:
        """Whether the text, which is in lower case for a stem, holds it. No pattern is made for that: nearly
        every term is new, and most stand nowhere."""
        at = text.find(self.text)
        while at >= 0 and not self._stands_at(at, text):
            at = text.find(self.text, at + 1)
        return at >= 0

    def _stands_at(self, at: int, text: str) -> bool:
        end = at + len(self.text)
        is_within = _is_of_word(text[at - 1 : at]) or (not self.is_stem and _is_of_word(text[end : end + 1]))
        return not is_within


def _is_of_word(char: str) -> bool:
    return char.isalnum() or char == "_"


def terms_of(query: str) -> list[Term]:
    """Names of the query whole, its other words by their stem."""
    stems = [Term(word, is_stem=True) for word in words(query)[:_MAX_TERMS]]
    return [*map(Term, names(query)[:_MAX_TERMS]), *stems]


def left_out(prompt: Prompt, original: Prompt) -> Omissions:
    """What is missing in the prompt of the original's blocks, but for what was brought back already."""
    came = original.blocks[len(prompt.prefix.came) :]
    return _with_omissions(prompt.prefix.value(_OMISSIONS), came, prompt.rest)


def _with_omissions(known: Omissions, came: Sequence[Block], sent: Sequence[Block]) -> Omissions:
    """What is known, with what is missing of further blocks."""
    whole = {block.id for block in sent if block.original_content is None}
    cut = [block for block in came if block.id not in whole]
    told = _told([block for block in sent if block.origin in _BRINGS])
    if not cut and not told:
        return known
    all_told = known.told | told
    left = {block.id: block for block in sent}
    missing = (
        _missing_of(block, left.get(block.id)).not_told(all_told)
        for block in cut
        if block.slot is not None and block.kind not in _NEVER
    )
    before = (item.not_told(all_told) for item in known.missing) if told else known.missing
    return Omissions(tuple(item for item in (*before, *missing) if item.spans), all_told)


_OMISSIONS = Aggregate("omissions", Omissions(), _with_omissions)


def _told(brought: Iterable[Block]) -> frozenset[str]:
    """The lines and the sentences of the blocks that brought back what was cut."""
    lines = (line for block in brought for line in block.content.split("\n"))
    return frozenset(lines).union(*(_units_left(block, Kind.PROSE) for block in brought))


def _missing_of(block: Block, now: Block | None) -> LeftOut:
    if now is None:
        return LeftOut(block, block.content, _spans_of_lines(block.content), is_gone=True)
    text = now.original_content or ""
    return LeftOut(block, text, _missing_spans(text, now, block.kind))


def _spans_of_lines(text: str) -> array[int]:
    """Where the lines of a text stand that are not empty."""
    lines = _unit_spans_of_lines(text, Kind.OPAQUE)
    return array("L", chain.from_iterable(span for span in lines if text[slice(*span)].strip()))


def _pairs(spans: array[int]) -> Iterable[tuple[int, int]]:
    """The start and the end of each."""
    return zip(spans[::2], spans[1::2], strict=True)


def _missed(line: str, kind: Kind, told: Set[str]) -> str:
    """What of the line was not told: the line, of prose the sentences that were not, or nothing."""
    if not told or line in told:
        return "" if told else line
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
        whole = [span for span, unit in found if unit not in left and unit and not unit.isspace()]
        missing = list(_parts_missing(text, whole, now))
        spans = array("L", chain.from_iterable(missing))
        if len(missing) <= _MAX_REMEMBERED_UNITS:
            _MISSING.put(key, spans)
    return spans


def _parts_missing(text: str, units: Sequence[tuple[int, int]], now: Block) -> Iterator[tuple[int, int]]:
    """The units; of very long ones what does not stand in the block any more."""
    if all(end - start <= _LONGEST_WHOLE_UNIT for start, end in units):
        yield from units
        return
    standing = list(_standing(text, now))
    for start, end in units:
        if end - start <= _LONGEST_WHOLE_UNIT:
            yield start, end
            continue
        for first, last in standing:
            if first < end and last > start:
                if text[start:first].strip():
                    yield start, first
                start = max(start, last)
        if text[start:end].strip():
            yield start, end


def _standing(text: str, block: Block) -> Iterator[tuple[int, int]]:
    """Where what is left of a text stands in it, apart from its markers."""
    done = 0
    for piece in filter(None, with_all_numbers(MarkedText.of(block)).pieces()):
        at = _place_of(piece, text, done)
        if at >= 0:
            done = at + len(piece)
            yield at, done


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


class _LinesRead(dict[int, tuple[Sequence[str], Sequence[str]]]):
    """By the number of a text what is missing of it, and the same in lower case, read where it is asked
    for."""

    def __init__(self, found: Omissions) -> None:
        super().__init__()
        self._found = found

    def __missing__(self, number: int) -> tuple[Sequence[str], Sequence[str]]:
        lines = self._found.missing[number].lines(self._found.told)
        read = self[number] = lines, [line.lower() for line in lines]
        return read

    def places_of(self, term: Term, number: int) -> Iterator[tuple[int, int]]:
        """The lines of the text that hold the term, by its number and their own."""
        lines = self[number][term.is_stem]
        # The start of a very long one decides.
        return ((number, at) for at, line in enumerate(lines) if term.is_in(line[:_LONGEST_LINE]))


def asked_for(found: Omissions, terms: Sequence[Term]) -> list[AskedFor]:
    """The blocks of which a line holds one of the terms that few lines hold, in order.

    Of very many those that hold most terms, and of equals the newest.
    """
    read = _LinesRead(found)
    holding = _places_by_term(found.missing, read, terms)
    scores = [0.0] * len(found.missing)
    for places in holding:
        for number in {number for number, _ in places}:
            scores[number] += 1 / math.log2(1 + len(places))
    asked: dict[int, list[str]] = {}
    for number, at in sorted(set().union(*holding)):
        asked.setdefault(number, []).append(read[number][0][at])
    enough = [number for number in asked if scores[number] >= _MIN_SCORE]
    best = sorted(enough, key=lambda number: (-scores[number], -number))[:_MAX_BLOCKS]
    return [AskedFor(found.missing[number].block, read[number][0], asked[number]) for number in sorted(best)]


def _places_by_term(
    missing: Sequence[LeftOut], read: _LinesRead, terms: Sequence[Term]
) -> list[list[tuple[int, int]]]:
    """For each term the lines that hold it, by the number of their text and their own; none for a term that
    too many hold."""
    lines = sum(len(item.spans) for item in missing) // 2
    most = max(_MAX_LINES_OF_A_TERM, int(_MAX_SHARE_OF_LINES * lines))
    texts = [item.text for item in missing]
    lower_texts = list(map(str.lower, texts))
    found = []
    for term in terms:
        places = (
            place
            for number, text in enumerate(lower_texts if term.is_stem else texts)
            if term.text in text
            for place in read.places_of(term, number)
        )
        holding = list(islice(places, most + 1))
        if holding and len(holding) <= most:
            found.append(holding)
    return found
