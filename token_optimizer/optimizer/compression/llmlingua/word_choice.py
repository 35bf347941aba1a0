"""Writes a text with only the words that a model wants kept, and all else of it as it was.

LLMLingua-2 answers with words of its own tokenizer, which breaks numbers, loses the line breaks and leaves
out what it does not know. So they only say which of the text's own words go. Those are kept or left out
whole, with the space before them, and lines keep their indentation.

Wanted: mill, closed, museum
Before: "  The old mill, which was closed\\n  in 1904, is now a museum."
After:  "  mill, closed\\n  in 1904, museum."
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from token_optimizer.models import Marker
from token_optimizer.optimizer.compression.llmlingua.literals import Span, is_literal, protected_spans
from token_optimizer.text.lines import lines_of

# Scripts that put no space between words are cut by the character.
_NO_SPACES = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_NO_SPACES}]|[^\s{_NO_SPACES}]+")
_ENDS_SENTENCE = re.compile(r"(?<![.!?。！？])[.!?。！？]++(?=[\"')\]”]*$)")
_SAYS = re.compile(r"[^\W_]")
_STANDS_ALONE = re.compile(r"[^\W_]|[\u2600-\u27bf\U0001f000-\U0010ffff]")
# How far ahead a word of the model is looked for, when it is not the next one.
_LOOK_AHEAD_CHARS = 40

Label = tuple[str, bool]


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the text. One that is not `free` may not be left out."""

    start: int
    end: int
    free: bool


def words_of(text: str, markers: Sequence[Marker] = ()) -> list[Word]:
    """The words of the text in order; markers, literals and what stands in a protected span are not free."""
    spans = protected_spans(text, markers)
    found, at = [], 0
    for match in _WORD.finditer(text):
        while at < len(spans) and spans[at][1] <= match.start():
            at += 1
        inside = at < len(spans) and spans[at][0] < match.end()
        free = not inside and _SAYS.search(match.group()) is not None and not is_literal(match.group())
        found.append(Word(match.start(), match.end(), free))
    return found


def share_free(words: Sequence[Word]) -> float:
    """The share of the words' characters that may go."""
    total = sum(word.end - word.start for word in words)
    return sum(word.end - word.start for word in words if word.free) / total if total else 0.0


def unwanted(text: str, words: Sequence[Word], labels: Iterable[Label]) -> frozenset[int]:
    """The indexes of the free words of which the model wants no part."""
    wanted: list[Span] = []
    dropped: list[Span] = []
    for span, keep in _found(text, labels):
        (wanted if keep else dropped).append(span)
    gone = _touched(words, dropped) - _touched(words, wanted)
    return frozenset(index for index in gone if words[index].free)


def without(text: str, words: Sequence[Word], gone: frozenset[int]) -> str:
    """The text without these words; a line of which nothing is left goes whole."""
    kept: list[str] = []
    index = start = 0
    vanished = False
    for line in lines_of(text):
        first, end = index, start + len(line)
        while index < len(words) and words[index].start < end:
            index += 1
        here = range(first, index)
        if gone.isdisjoint(here):
            # Of the empty lines around a line that is gone, one is enough.
            if line.strip() or not (vanished and kept and not kept[-1].strip()):
                kept.append(line)
                vanished = vanished and not line.strip()
        elif any(at not in gone and _stands_alone(text, words[at]) for at in here):
            kept.append(_line_without(text, (start, end), words, here, gone))
            vanished = False
        else:
            vanished = True
        start = end
    return "".join(kept)


def _line_without(text: str, line: Span, words: Sequence[Word], here: range, gone: frozenset[int]) -> str:
    out = [text[line[0] : words[here[0]].start]]
    for at in here:
        word = words[at]
        if at in gone:
            ending = _ENDS_SENTENCE.search(text[word.start : word.end])
            if ending and out[-1][-1:].isalnum():
                out.append(ending.group())
            continue
        if len(out) > 1:
            out.append(text[words[at - 1].end : word.start] or _needed_space(out[-1], text[word.start]))
        out.append(text[word.start : word.end])
    return "".join(out) + text[words[here[-1]].end : line[1]]


def _needed_space(before: str, after: str) -> str:
    """A space where two words would become one, for what stood between them is gone."""
    last = before[-1:]
    return " " if last.isascii() and last.isalnum() and after.isascii() and after.isalnum() else ""


def _found(text: str, labels: Iterable[Label]) -> Iterator[tuple[Span, bool]]:
    """Where the model's words stand in the text; what cannot be found is passed over."""
    at = 0
    for word, keep in labels:
        if not word.strip():
            continue
        start = text.find(word, at, at + _LOOK_AHEAD_CHARS + len(word))
        if start < 0:
            continue
        at = start + len(word)
        if _SAYS.search(word):
            yield (start, at), keep


def _touched(words: Sequence[Word], spans: Sequence[Span]) -> set[int]:
    """The indexes of the words that one of the spans, in order, has a part of."""
    touched = set()
    index = 0
    for start, end in spans:
        while index < len(words) and words[index].end <= start:
            index += 1
        at = index
        while at < len(words) and words[at].start < end:
            touched.add(at)
            at += 1
    return touched


def _stands_alone(text: str, word: Word) -> bool:
    """Whether the word is worth a line: no mark of a list, no dash."""
    return _STANDS_ALONE.search(text, word.start, word.end) is not None
